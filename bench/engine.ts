import { ensureEngine, mainEngine } from "../scripts/test/engines.ts";
import { enginesFolder } from "../scripts/test/environment.ts";
import type { Engine } from "../src/engines/engine.ts";
import { findEngine } from "../src/engines/engines.ts";

let found: Promise<Engine> | undefined;

/** The engine that tests run on. It is installed if it is missing. */
export function benchEngine(): Promise<Engine> {
  return (found ??= installed());
}

async function installed(): Promise<Engine> {
  await ensureEngine(mainEngine);
  const engine = await findEngine(enginesFolder, mainEngine);
  if (engine === undefined) throw new Error(`There is no engine ${mainEngine} in ${enginesFolder}.`);
  return engine;
}
