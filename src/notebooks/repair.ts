import type { Edit } from "./json-edit.ts";
import { type Allowance, Repairs } from "./repairs.ts";
import { isObject, type JsonObject } from "./rules.ts";

/**
 * Repairs, in the parsed notebook, what Jupyter would open with a warning. Returns the changes; undefined if
 * there are none.
 *
 * It adds only what can be meant in one way: absent `outputs`, for instance, are an empty list. A repair that
 * would lose something is not made: a `source` that is a number stays as it is, and the rules of the format
 * refuse it. It makes only as many repairs as `allowance` permits. The rules refuse what is left unrepaired.
 */
export function repair(notebook: unknown, allowance: Allowance): Edit | undefined {
  if (!isObject(notebook) || !Array.isArray(notebook["cells"])) return undefined;
  const cells = notebook["cells"].filter(isObject);
  const repairs = new Repairs(notebook);
  if (!Object.hasOwn(notebook, "nbformat_minor")) {
    repairs.set("nbformat_minor", cells.some((cell) => Object.hasOwn(cell, "id")) ? 5 : 4);
  }
  // Before minor version 5, the format does not define `id`, so a cell may have any `id` or none.
  const idFor = Number(notebook["nbformat_minor"]) >= 5 ? newIds(cells) : () => undefined;
  repairs.each("cells", allowance, (cell) => repairCell(cell, idFor(cell), allowance));
  return repairs.edit;
}

/**
 * Returns a function that gives a cell its new id; undefined if the cell's own id is valid and no earlier
 * cell has it.
 */
function newIds(cells: readonly JsonObject[]): (cell: JsonObject) => string | undefined {
  const firstWith = new Map<string, JsonObject>();
  for (const cell of cells) {
    const { id } = cell;
    if (typeof id === "string" && /^[a-zA-Z0-9_-]{1,64}$/.test(id) && !firstWith.has(id)) firstWith.set(id, cell);
  }
  let number = 0;
  return (cell) => {
    if (firstWith.get(cell["id"] as string) === cell) return undefined;
    let id: string;
    do id = `cell-${String(++number)}`;
    while (firstWith.has(id));
    return id;
  };
}

function repairCell(cell: JsonObject, newId: string | undefined, allowance: Allowance): Edit | undefined {
  const repairs = new Repairs(cell);
  const type = cell["cell_type"];
  if (newId !== undefined) repairs.set("id", newId);
  if (type === "code" || type === "markdown" || type === "raw") repairs.setAbsent("source", "");
  if (type === "code") {
    repairs.setAbsent("outputs", []);
    repairs.count("execution_count");
    repairs.each("outputs", allowance, repairOutput);
  }
  return repairs.edit;
}

function repairOutput(output: JsonObject): Edit | undefined {
  const repairs = new Repairs(output);
  const type = output["output_type"];
  if (type === "stream") {
    repairs.setAbsent("name", "stdout");
    repairs.setAbsent("text", "");
  }
  if (type === "error") {
    repairs.setAbsent("ename", "");
    repairs.setAbsent("evalue", "");
    repairs.setAbsent("traceback", []);
    const trace = output["traceback"];
    if (typeof trace === "string") repairs.set("traceback", [trace]);
  }
  if (type === "execute_result" || type === "display_data") {
    repairs.setAbsent("data", {});
    repairs.setAbsent("metadata", {});
  }
  if (type === "execute_result") repairs.count("execution_count");
  return repairs.edit;
}
