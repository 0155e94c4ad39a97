// The service as `glaux serve` runs it, but without a look for engines, and started by a line on its standard input: its modules are loaded by then, so that
// what a test times and interrupts is the service's start and not the loading. Ends with whoever started it.
import { flushCompileCache } from "node:module";
import { createInterface } from "node:readline";
import { readConfig } from "../../src/config/config.ts";
import { inheritedBySessions } from "../../src/config/env.ts";
import { startService, type Service } from "../../src/service.ts";

// Killed servers would never write what they compiled (NODE_COMPILE_CACHE).
flushCompileCache();
console.log("loaded");

let service: Promise<Service> | undefined;
let isEnding = false;

async function begin(): Promise<void> {
  service = startService(readConfig(process.env), inheritedBySessions(process.env));
  console.log((await service).endpoint);
}

async function end(endSessions: boolean): Promise<void> {
  isEnding = true;
  process.stdin.destroy();
  await (await service)?.stop({ endSessions });
}

function orFail(step: Promise<void>): void {
  step.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}

createInterface({ input: process.stdin })
  .once("line", () => orFail(begin()))
  .once("close", () => {
    if (!isEnding) process.exit(1);
  });
process.once("SIGTERM", () => orFail(end(false)));
process.once("SIGINT", () => orFail(end(true)));
// Asked for what it holds: memory in use, garbage not counted, and what keeps its event loop alive.
process.on("SIGUSR2", () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  console.log(
    `holds ${JSON.stringify({ liveBytes: heapUsed + external, resources: process.getActiveResourcesInfo() })}`,
  );
});
