import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import type { Engine } from "../src/engines/engine.ts";
import { Conversation } from "./conversation.ts";

/** A process of bare PySpark, which runs code on request. */
export interface BareSpark extends AsyncDisposable {
  /** From the start of the process to the first count. */
  readonly firstResultMs: number;
  /** A text in the environment of all its processes. */
  readonly tag: string;
  /** Runs the code; resolves to the milliseconds that it took. */
  run(code: string): Promise<number>;
}

export async function startBareSpark({ python, java }: Pick<Engine, "python" | "java">): Promise<BareSpark> {
  const began = Date.now();
  const { PATH, HOME, LANG } = process.env;
  const tag = `bare:${randomUUID()}`;
  const bare = new Conversation(python, [join(import.meta.dirname, "bare.py")], {
    PATH,
    HOME,
    LANG,
    JAVA_HOME: dirname(dirname(java)),
    PYSPARK_PYTHON: python,
    GLAUX_BENCH_TAG: tag,
  });
  const { firstResultAt } = await bare.next<{ firstResultAt: number }>();
  return {
    firstResultMs: firstResultAt - began,
    tag,
    run: async (code) => (await bare.ask<{ ms: number }>(code)).ms,
    [Symbol.asyncDispose]: () => bare.end(),
  };
}
