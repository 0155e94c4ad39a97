import type { Counter, Histogram } from "@opentelemetry/api";
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { AggregationTemporality, MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { metricTable, type LabelsOf, type MetricName, type NameOf } from "./metric-table.ts";

/** What the service counts and measures. Recording never throws and never waits. */
export interface Metrics {
  count<Name extends NameOf<"counter">>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  time<Name extends NameOf<"histogram">>(name: Name, labels: LabelsOf<Name>, durationMs: number): void;
  /** `read` is called at each `render`. If it throws, this one metric is left out. */
  observe<Name extends NameOf<"gauge" | "observedCounter">>(
    name: Name,
    read: () => Reading<Name>[] | Promise<Reading<Name>[]>,
  ): void;
  /**
   * All metrics in Prometheus's text format. `errors` are those that the functions given to `observe` threw.
   */
  render(): Promise<{ text: string; errors: unknown[] }>;
}

export interface Reading<Name extends MetricName> {
  labels: LabelsOf<Name>;
  value: number;
}

/** Version 0.0.4 of https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const prometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

export function openMetrics(): Metrics {
  const reader = new OnDemand();
  const meter = new MeterProvider({ readers: [reader] }).getMeter("glaux");
  // No labels for the scope and the SDK: they are the same everywhere.
  const serializer = new PrometheusSerializer("", false, undefined, true, true);
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  for (const [name, definition] of Object.entries(metricTable)) {
    const description = definition.doc;
    if (definition.kind === "counter") {
      const counter = meter.createCounter(name, { description });
      // Shown from the start, so that its first rise is seen.
      if (Object.keys(definition.labels).length === 0) counter.add(0);
      counters.set(name, counter);
    } else if (definition.kind === "histogram") {
      const advice = { explicitBucketBoundaries: [...definition.bounds] };
      histograms.set(name, meter.createHistogram(name, { description, advice }));
    }
  }
  return {
    count(name, labels, by = 1) {
      counters.get(name)?.add(by, labels);
    },
    time(name, labels, durationMs) {
      histograms.get(name)?.record(durationMs / 1000, labels);
    },
    observe(name, read) {
      const { kind, doc: description } = metricTable[name];
      const instrument =
        kind === "gauge"
          ? meter.createObservableGauge(name, { description })
          : meter.createObservableCounter(name, { description });
      instrument.addCallback(async (result) => {
        for (const { labels, value } of await read()) result.observe(value, labels);
      });
    },
    async render() {
      const { resourceMetrics, errors } = await reader.collect();
      return { text: `${serializer.serialize(resourceMetrics).trimEnd()}\n`, errors };
    },
  };
}

/**
 * Collects when it is asked, and has nothing to send or to end. The library's own exporter would bring an
 * HTTP server with it.
 */
class OnDemand extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}
