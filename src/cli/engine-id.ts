import { engineIds, type EngineSpec, isEngineId } from "../engines/engines.ts";
import { usageError } from "./failure.ts";

/** The engine that a command's argument names. */
export function readEngineId(name: string): EngineSpec["id"] {
  if (isEngineId(name)) return name;
  throw usageError(`there is no engine ${name}: choose one of ${engineIds.join(", ")}`);
}
