import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { EngineError } from "./errors.ts";
import type { InstallContext } from "./install-context.ts";
import { runStep } from "./run-step.ts";
import type { EngineSpec } from "./specs.ts";

/** Fetches the Spark Connect jar where pyspark has none; nothing to do if it is there already and whole. */
export async function fetchConnectJar(context: InstallContext, spec: EngineSpec, javaHome: string): Promise<void> {
  const folder = join(context.build, "jars");
  await mkdir(folder, { recursive: true });
  if (!spec.connectJar) return;
  const { coordinates, fileName, sha256 } = spec.connectJar;
  const target = join(folder, fileName);
  if ((await digest(target)) === sha256) return;
  const ivy = await mkdtemp(join(context.build, "ivy-"));
  try {
    const { code, tail } = await runStep(
      join(context.build, "venv/bin/python"),
      ["-I", script("fetch_jar.py"), coordinates, ivy],
      {
        ...context.step,
        env: { ...context.env, JAVA_HOME: javaHome },
      },
    );
    const fetched = join(ivy, "jars", `${coordinates.split(":")[0] ?? ""}_${fileName}`);
    const actual = await digest(fetched);
    if (actual === undefined) {
      const lines = tail
        .split("\n")
        .filter((line) => /unresolved|not found|refused|timed out|unknown host|No space/i.test(line));
      throw new EngineError(
        `the jar ${coordinates} could not be fetched (exit code ${String(code)}):\n${lines.slice(-6).join("\n")}`,
        "check the network and the proxy to the public Maven repository (JAVA_TOOL_OPTIONS=-Dhttps.proxyHost=… -Dhttps.proxyPort=…), then try again",
      );
    }
    if (actual !== sha256) {
      throw new EngineError(
        `the fetched jar ${coordinates} has the SHA-256 ${actual} instead of ${sha256}`,
        "check what serves Maven's repository to this machine, then try again",
      );
    }
    await rename(fetched, target);
  } finally {
    await rm(ivy, { recursive: true, force: true });
  }
}

/** Checks every jar of pyspark against what pip recorded, and gives their paths. */
export async function verifyJars(context: InstallContext): Promise<{ sparkHome: string; jars: string[] }> {
  const { code, stdout, tail } = await context.run(join(context.build, "venv/bin/python"), ["-I", script("verify.py")]);
  if (code !== 0) {
    await rm(join(context.build, "stamps"), { recursive: true, force: true });
    throw new EngineError(`pyspark is not whole: ${tail}`, "run the same command again: it starts from the beginning");
  }
  return JSON.parse(stdout) as { sparkHome: string; jars: string[] };
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

async function digest(file: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(file), hash);
    return hash.digest("hex");
  } catch {
    return undefined;
  }
}
