/** Ids of the Spark engines that can be installed. */
export type EngineId = "3.5" | "4";

export const engineIds: readonly EngineId[] = ["3.5", "4"];

export function isEngineId(text: string): text is EngineId {
  return (engineIds as readonly string[]).includes(text);
}

/**
 * The names of Spark engines on the wire, and the engine that serves each name. The last name is Glaux's own,
 * the others are Athena's.
 */
const sparkEngines: Record<string, EngineId> = {
  "PySpark engine version 3": "3.5",
  "Apache Spark version 3.5": "3.5",
  "Apache Spark version 4": "4",
};

const defaultNames: Record<EngineId, string> = { "3.5": "Apache Spark version 3.5", "4": "Apache Spark version 4" };

export type EngineChoice =
  | { kind: "spark"; selected: string; effective: string; engineId: EngineId }
  | { kind: "sql"; selected: string; effective: string };

/**
 * The engine that a workgroup's SelectedEngineVersion means. `AUTO` is the server's default Spark engine.
 * Undefined for a name that Athena does not have.
 */
export function chooseEngine(selected: string | undefined, serverDefault: EngineId): EngineChoice | undefined {
  if (selected === undefined || selected.toUpperCase() === "AUTO") {
    return { kind: "spark", selected: "AUTO", effective: defaultNames[serverDefault], engineId: serverDefault };
  }
  const engineId = sparkEngines[selected];
  if (engineId) return { kind: "spark", selected, effective: selected, engineId };
  if (/^Athena engine version [23]$/.test(selected)) return { kind: "sql", selected, effective: selected };
  return undefined;
}

/**
 * The names that a workgroup of this server can select: AUTO, the SQL engine (whose workgroups refuse
 * sessions), and the Spark engines. "Apache Spark version 4", which is Glaux's own name, is listed only if
 * that engine is installed.
 */
export function selectableEngines(installed: readonly EngineId[]): string[] {
  const spark = sparkEngineNames.filter((name) => sparkEngines[name] === "3.5" || installed.includes("4"));
  return ["AUTO", "Athena engine version 3", ...spark];
}

/** The names of the Spark engines on the wire, for error messages. */
export const sparkEngineNames: readonly string[] = Object.keys(sparkEngines);
