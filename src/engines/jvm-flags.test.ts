import { expect, test } from "vitest";
import { jvmFlags } from "./jvm-flags.ts";

test.each([
  ["3.5", 17],
  ["4", 21],
  ["4", 25],
] as const)(
  "engine %s on Java %i unlocks flags before it uses them, as a JVM would not start otherwise",
  (id, java) => {
    const flags = jvmFlags(id, java, "log4j2.properties");
    const firstUse = flags.findIndex((flag) => /ArchiveRelocationMode|TrimNativeHeapInterval/.test(flag));
    for (const unlock of ["-XX:+UnlockDiagnosticVMOptions", "-XX:+UnlockExperimentalVMOptions"]) {
      expect(flags.slice(0, firstUse)).toContain(unlock);
    }
  },
);
