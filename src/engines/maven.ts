import { join } from "node:path";
import { type Environment, runStep, type StepOptions, type StepResult } from "../lib/run-step.ts";
import { EngineError } from "./errors.ts";
import { machineCertificates, trustStore } from "./trust-store.ts";
import { writeFile } from "node:fs/promises";

/**
 * Fetches a jar from the public Maven repository through Spark's own resolver, into `folder`/jars. Spark is
 * started with nothing to do (its standard input is at its end), resolves its packages and ends, so this code
 * has to know no repository. The resolver looks into ~/.m2/repository first. If DEFAULT_ARTIFACT_REPOSITORY
 * names a mirror, it asks the mirror instead of the public repository.
 */
export async function fetchFromMaven(
  coordinates: string,
  folder: string,
  spark: { java: string; jars: readonly string[] },
  step: StepOptions,
): Promise<void> {
  const store = join(folder, "trusted.jks");
  let result = await resolve([]);
  if (isUntrusted(result)) {
    // A Java brings its own certificates, and does not know those that an organisation added to the machine.
    await writeFile(store, trustStore(await machineCertificates(step.env ?? {})));
    result = await resolve([`-Djavax.net.ssl.trustStore=${store}`, "-Djavax.net.ssl.trustStoreType=JKS"]);
  }
  if (result.code !== 0) throw notFetched(coordinates, result);

  function resolve(flags: readonly string[]): Promise<StepResult> {
    const env = {
      ...sparkless(step.env ?? {}),
      _PYSPARK_DRIVER_CONN_INFO_PATH: join(folder, "gateway"),
      SPARK_LOCAL_IP: "127.0.0.1",
    };
    const settings = [
      `spark.jars.packages=${coordinates}`,
      `spark.jars.ivy=${folder}`,
      // An empty jar, which all of Spark's modules name as a dependency.
      "spark.jars.excludes=org.spark-project.spark:unused",
    ].flatMap((setting) => ["--conf", setting]);
    const main = ["-cp", spark.jars.join(":"), "org.apache.spark.deploy.SparkSubmit", ...settings, "pyspark-shell"];
    return runStep(spark.java, [...proxyFlags(step.env ?? {}), ...flags, ...main], { ...step, env });
  }
}

const isUntrusted = ({ code, tail }: StepResult): boolean => code !== 0 && tail.includes("PKIX path building failed");

/** The environment without what belongs to another Spark on this machine. */
const sparkless = (env: Environment): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(SPARK_|PYSPARK_|HADOOP_)/.test(name)));

/** A JVM does not read the proxy variables that pip and most other programs do. */
export function proxyFlags(env: Environment): string[] {
  const flags: string[] = [];
  for (const scheme of ["http", "https"]) {
    const text = env[`${scheme}_proxy`] ?? env[`${scheme.toUpperCase()}_PROXY`];
    const url = text && URL.parse(text.includes("://") ? text : `http://${text}`);
    if (!url) continue;
    flags.push(`-D${scheme}.proxyHost=${url.hostname}`, `-D${scheme}.proxyPort=${url.port || "80"}`);
  }
  const direct = env["no_proxy"] ?? env["NO_PROXY"];
  if (flags.length > 0 && direct) {
    const hosts = direct.split(",").map((host) => host.trim().replace(/^\./, "*."));
    flags.push(`-Dhttp.nonProxyHosts=${hosts.filter((host) => host !== "").join("|")}`);
  }
  return flags;
}

function notFetched(coordinates: string, { code, tail }: StepResult): EngineError {
  const reasons = tail
    .split("\n")
    .filter((line) => /not found|Server access error|refused|timed out|unknown host|No space|Exception/i.test(line));
  const shown = (reasons.length > 0 ? reasons : tail.split("\n")).slice(0, 6).map((line) => `    ${line.trim()}`);
  return new EngineError(
    `the jar ${coordinates} could not be fetched (exit code ${String(code)}):\n${shown.join("\n")}`,
    "check the network and the proxy (HTTPS_PROXY) to the public Maven repository, or set DEFAULT_ARTIFACT_REPOSITORY to the address of a mirror, then try again",
  );
}
