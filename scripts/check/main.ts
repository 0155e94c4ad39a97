// `npm run check [-- <gate>…]`: all gates, or the named ones; two at a time.
import { gates, type Gate } from "./gates.ts";

const names = process.argv.slice(2);
const unknown = names.filter((name) => !gates.some((gate) => gate.name === name));
const chosen = gates.filter(({ name }) => names.length === 0 || names.includes(name));

if (unknown.length > 0) {
  console.error(`No such gate: ${unknown.join(", ")}. There are ${gates.map(({ name }) => name).join(", ")}.`);
  process.exitCode = 1;
} else {
  const waiting = [...chosen];
  const failed: string[] = [];
  await Promise.all([worker(), worker()]);
  if (failed.length > 0) {
    console.log(`\nFailed: ${failed.join(", ")}`);
    process.exitCode = 1;
  }

  async function worker(): Promise<void> {
    for (let gate = waiting.shift(); gate !== undefined; gate = waiting.shift()) {
      if (!(await passes(gate))) failed.push(gate.name);
    }
  }
}

async function passes({ name, remedy, run }: Gate): Promise<boolean> {
  const startedAt = performance.now();
  const { ok, output } = await run().catch((error: unknown) => ({ ok: false, output: String(error) }));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${ok ? "ok    " : "FAILED"} ${name.padEnd(8)} ${seconds.padStart(5)} s`);
  if (!ok) console.log(`\n${output.trim()}\n\n${name}: to mend it: ${remedy}\n`);
  return ok;
}
