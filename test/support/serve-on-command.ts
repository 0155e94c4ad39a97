// The service as `glaux serve` runs it, but it does not look for engines, and it starts when a line comes on
// standard input. Its modules are loaded before, so that a test times and interrupts only the start of the
// service, not the loading. The program ends when its parent ends.
import { flushCompileCache } from "node:module";
import { createInterface } from "node:readline";
import { readConfig } from "../../src/config/config.ts";
import { inheritedBySessions } from "../../src/config/env.ts";
import { startService, type Service } from "../../src/service.ts";

// Writes the compile cache now (NODE_COMPILE_CACHE), because a server that is killed never would.
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
// SIGUSR2 asks for the resources of the process: memory in use without garbage, and what keeps its event loop
// alive.
process.on("SIGUSR2", () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  console.log(
    `holds ${JSON.stringify({ liveBytes: heapUsed + external, resources: process.getActiveResourcesInfo() })}`,
  );
});
