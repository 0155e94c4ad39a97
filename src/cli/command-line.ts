import { join } from "node:path";
import { packFolder } from "../lib/package-root.ts";
import { shellQuote } from "./shell-quote.ts";

/**
 * A `glaux` command to paste into another shell. It names the data folder if this shell has GLAUX_HOME,
 * because the other shell may not have it. If Glaux runs from an archive of `glaux pack`, the program is the
 * archive's.
 */
export function glauxCommand(env: Readonly<Record<string, string | undefined>>, command: string): string {
  const home = env["GLAUX_HOME"];
  const folder = packFolder();
  const program = folder === undefined ? "npx glaux" : shellQuote(join(folder, "glaux"));
  return `${home ? `GLAUX_HOME=${shellQuote(home)} ` : ""}${program} ${command}`;
}
