// `npm run offline [-- --archive FILE]`: packs Glaux, unpacks it, and sets it up twice on a machine with no
// network, no Java and an empty home. The first run measures the times; the second, under strace, shows what
// was connected to. It takes some 10 minutes, and needs the right to make namespaces, `ip` and `strace`.
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { runStep, type StepResult } from "../../src/lib/run-step.ts";
import { root } from "../run-tool.ts";
import { connectionsBeyond } from "./connections.ts";

/** A first result has to come within this time after the service is ready. */
const firstResultLimitMs = 15_000;

const command = new Command("npm run offline --")
  .argument("[engines...]", "what is packed; the default engine if none is named")
  .option("--archive <file>", "what `glaux pack` has written; without it, an archive is made")
  .parse();
const options = command.opts<{ archive?: string }>();

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    interrupted.abort(new Error(`ended by ${signal}`));
  });

const work = await mkdtemp(join(tmpdir(), "glaux-offline-"));
try {
  const archive = options.archive === undefined ? await pack() : resolve(options.archive);
  await run("tar", ["-xf", archive, "-C", work]);
  const [name = ""] = (await readdir(work)).filter((entry) => entry.startsWith("glaux-"));
  const unpacked = join(work, name);

  const [setUpMs, resultMs] = await setUp(unpacked, "quick");
  console.log(`Set up in ${seconds(setUpMs)}; the first result ${seconds(resultMs)} later.`);
  if (resultMs > firstResultLimitMs) fail(`The first result came later than ${seconds(firstResultLimitMs)}.`);

  const trace = join(work, "trace");
  await setUp(unpacked, "traced", trace);
  const { seen, beyond } = await connectionsBeyond(trace);
  console.log(
    `Connections: ${String(seen)} to loopback or to sockets of the machine, ${String(beyond.length)} beyond.`,
  );
  if (seen === 0) fail("The trace shows no connection at all, so it shows nothing.");
  if (beyond.length > 0) fail(beyond.slice(0, 20).join("\n"));
} finally {
  await rm(work, { recursive: true, force: true });
}

async function pack(): Promise<string> {
  const file = join(work, "packed.tar.gz");
  await run(process.execPath, [join(root, "bin/glaux.mjs"), "pack", file, ...command.args]);
  return file;
}

/** Milliseconds until the service was ready, and from there to the first result. */
async function setUp(unpacked: string, name: string, trace?: string): Promise<[number, number]> {
  const home = join(work, `home-${name}`);
  await mkdir(home);
  const namespaces = ["--net", "--mount", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"])];
  const machine = join(import.meta.dirname, "machine.sh");
  const { stdout } = await run("unshare", [...namespaces, "sh", machine, unpacked, home, ...(trace ? [trace] : [])]);
  const [setUpMs = NaN, resultMs = NaN] = stdout.trim().split(" ").map(Number);
  return [setUpMs, resultMs];
}

async function run(program: string, args: readonly string[]): Promise<StepResult> {
  const result = await runStep(program, args, { env: undefined, signal: interrupted.signal });
  if (result.code !== 0)
    throw new Error(`${program} ${args.join(" ")} failed (${String(result.code)}):\n${result.tail}`);
  return result;
}

function fail(why: string): void {
  console.error(why);
  process.exitCode = 1;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
