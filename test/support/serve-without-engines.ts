// The service as `glaux serve` runs it, but no engine is looked for or installed: a session that is started FAILS at once, and everything else works.
import { readConfig } from "../../src/config/config.ts";
import { inheritedBySessions } from "../../src/config/env.ts";
import { startService } from "../../src/service.ts";

const service = await startService(readConfig(process.env), inheritedBySessions(process.env));
process.on("SIGTERM", () => {
  service.stop({ endSessions: true }).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
});
// Asked for the memory that is in use: what is garbage does not count.
process.on("SIGUSR2", () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  console.log(`live ${String(heapUsed + external)}`);
});
console.log(service.endpoint);
