import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { clientNames, ensureClients, propertiesIn } from "../../scripts/test/clients.ts";
import { confClass } from "../../src/domain/spark-conf.ts";
import { difference } from "./difference.ts";
import { awsProperties, clientProperties, filled } from "./sent-properties.ts";

const installMs = 180_000;

test(
  "what the pinned clients send is what the table has",
  async () => {
    expect(difference(await propertiesIn(await ensureClients()), clientProperties)).toEqual([]);
  },
  installMs,
);

test(
  "a release with a new property, or a new value, is told",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "glaux-clients-"));
    try {
      const write = (path: string, source: string) => {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), source);
      };
      write("airflow/providers/amazon/aws/hooks/athena.py", "client.start_calculation_execution()");
      write("awswrangler/athena/_spark.py", "client.start_session()");
      write("pyathena/spark/common.py", "client.start_session()");
      write("sagemaker_studio/utils/spark/session/athena/manager.py", "client.start_session()");
      const sources = [
        "'''A docstring that mentions spark.mentioned'''",
        "client.start_session()",
        "prefix = f'spark.sql.catalog.{name}'",
        "conf[f'{prefix}.kind'] = 'new'",
        "conf = {'spark.authenticate': 'false', 'spark.brand.new': value.of(it)}",
        "only_a_key = 'spark.alone'",
      ];
      write("dbt/adapters/athena/constants.py", sources.join("\n"));
      const found = await propertiesIn(folder);
      expect(difference(found, []).map((line) => line.split(": ").slice(1).join(": "))).toEqual([
        "dbt-athena: spark.alone=",
        "dbt-athena: spark.authenticate=false",
        "dbt-athena: spark.brand.new=<?>",
        "dbt-athena: spark.sql.catalog.<name>=",
        "dbt-athena: spark.sql.catalog.<name>.kind=new",
      ]);
      const known = { from: "dbt-athena", key: "spark.gone", value: "", class: "runtime" } as const;
      expect(difference(found, [known])).toContain(
        "in test/clients/sent-properties.ts, and not sent: dbt-athena: spark.gone=",
      );
      rmSync(join(folder, "awswrangler"), { recursive: true });
      await expect(propertiesIn(folder)).rejects.toThrow("awswrangler has moved what starts its sessions");
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  installMs,
);

test("the table has all pinned clients that send something of their own", () => {
  for (const { from } of clientProperties) expect(clientNames()).toContain(from);
});

test.each([...clientProperties, ...awsProperties])("$from: $key=$value is $class", (sent) => {
  expect(confClass(filled(sent.key), filled(sent.value))).toBe(sent.class);
});
