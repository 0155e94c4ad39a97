import { join } from "node:path";
import type { Engine } from "../src/engines/engine.ts";
import { findEngine } from "../src/engines/engines.ts";
import { packageRoot } from "../src/lib/package-root.ts";

/** Where the engines are that a bench uses. */
export const enginesFolder = process.env["GLAUX_ENGINES"] ?? join(packageRoot(), ".glaux/engines");

export async function benchEngine(): Promise<Engine> {
  const engine = await findEngine(enginesFolder, "3.5");
  if (engine) return engine;
  const install = `GLAUX_ENGINES='${enginesFolder}' npx glaux engines install 3.5`;
  throw new Error(`There is no engine in ${enginesFolder}. Install it with: ${install}`);
}
