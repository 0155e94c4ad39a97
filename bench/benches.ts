import type { Bench } from "./bench.ts";

/** All benches. A bench's module is loaded when it runs. */
export const benches: Readonly<Record<string, Bench>> = {
  session: {
    about: "a cold and a pooled session, beside bare PySpark in turns",
    run: async (options) => (await import("./session.ts")).session(options),
  },
  hit: {
    about: "StartSession → IDLE with a pool member, by boto3 and the JavaScript SDK",
    run: async (options) => (await import("./hit.ts")).hit(options),
  },
  burst: {
    about: "4 and 16 sessions started at once with a pool of 4: hits and misses apart",
    run: async (options) => (await import("./burst.ts")).burst(options),
  },
  context: {
    about: "Spark properties that need a fresh context on a warm JVM",
    run: async (options) => (await import("./context.ts")).context(options),
  },
  calculation: {
    about: "1+1 as a calculation by a raw signed client, beside a cell of a Jupyter kernel",
    run: async (options) => (await import("./calculation.ts")).calculation(options),
  },
  thousand: {
    about: "1,000 calculations in one session: the last ones beside the first, and memory",
    run: async (options) => (await import("./thousand.ts")).thousand(options),
  },
  refill: {
    about: "a query of a user while the pool refills",
    run: async (options) => (await import("./refill.ts")).refill(options),
  },
  memory: {
    about: "PSS of pool members and sessions beside bare PySpark, and of the server",
    run: async (options) => (await import("./memory.ts")).memory(options),
  },
  stop: {
    about: "StopCalculationExecution → CANCELED, for what code may be doing",
    run: async (options) => (await import("./stop.ts")).stop(options),
  },
  api: {
    about: "signed requests a second beside a bare server, and pages over 10,000 stored sessions",
    run: async (options) => (await import("./api.ts")).api(options),
  },
};
