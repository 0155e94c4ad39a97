import { readdir, statfs } from "node:fs/promises";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Metrics } from "./metrics.ts";

/** Resolution of the measured lag. Each of the watch's timers wakes the process, so it is not finer. */
const resolutionMs = 50;

/** Measures what the server itself takes, until it is disposed of. */
export function watchProcess(metrics: Metrics, { home, version }: { home: string; version: string }): Disposable {
  const lag = monitorEventLoopDelay({ resolution: resolutionMs });
  lag.enable();
  const one = (value: number) => [{ labels: {}, value }];
  metrics.observe("glaux_build_info", () => [{ labels: { version }, value: 1 }]);
  metrics.observe("process_cpu_seconds_total", () => {
    const { user, system } = process.cpuUsage();
    return one((user + system) / 1e6);
  });
  metrics.observe("process_resident_memory_bytes", () => one(process.memoryUsage.rss()));
  metrics.observe("process_heap_bytes", () => one(process.memoryUsage().heapUsed));
  metrics.observe("process_start_time_seconds", () => one(performance.timeOrigin / 1000));
  // Without the descriptor by which the folder itself is read.
  metrics.observe("process_open_fds", async () => one((await readdir("/proc/self/fd")).length - 1));
  metrics.observe("glaux_disk_free_bytes", async () => {
    const { bavail, bsize } = await statfs(home);
    return one(bavail * bsize);
  });
  metrics.observe("glaux_event_loop_lag_seconds", () => {
    const quantiles = { "0.5": lag.percentile(50), "0.99": lag.percentile(99), "1": lag.max };
    lag.reset();
    return Object.entries(quantiles).map(([quantile, ns]) => ({ labels: { quantile }, value: lateness(ns) }));
  });
  return { [Symbol.dispose]: () => lag.disable() };
}

/**
 * Seconds that timers were late. The histogram holds the time between two timers. If the histogram is empty,
 * `ns` is 0 or the largest value that a histogram can hold; neither is a lateness.
 */
function lateness(ns: number): number {
  const s = ns / 1e9 - resolutionMs / 1000;
  return s > 0 && s < 3600 ? s : 0;
}
