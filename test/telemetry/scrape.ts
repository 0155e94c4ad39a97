import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { testTool } from "../support/tools/tools.ts";

export type Samples = Map<
  string,
  { kind: string; samples: { name: string; labels: Record<string, string>; value: number }[] }
>;

const parser = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = text_string_to_metric_families(sys.stdin.read())
print(json.dumps([[f.name, f.type, f.documentation, [[s.name, s.labels, s.value] for s in f.samples]] for f in families]))
`;

/**
 * The metrics page of a server, as Prometheus's own Python library reads it. Throws if the library does not
 * understand the page.
 */
export async function scrape(server: { endpoint: string }): Promise<Samples> {
  const response = await fetch(`${server.endpoint}/-/metrics`);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const { stdout, stderr, status } = spawnSync(testTool("python"), ["-c", parser], {
    input: await response.text(),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  type Family = [string, string, string, [string, Record<string, string>, number][]];
  return new Map(
    (JSON.parse(stdout) as Family[]).map(([name, kind, doc, samples]) => {
      expect(doc).not.toBe("");
      return [name, { kind, samples: samples.map(([name, labels, value]) => ({ name, labels, value })) }];
    }),
  );
}

/** The value of the first series that has these labels, perhaps among others; undefined if there is none. */
export function valueOf(
  samples: Samples,
  family: string,
  labels: Record<string, string>,
  name = family,
): number | undefined {
  return samples
    .get(family)
    ?.samples.find(
      (one) => one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
    )?.value;
}
