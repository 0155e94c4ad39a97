import { join } from "node:path";
import { packFolder } from "../lib/package-root.ts";
import { shellQuote } from "./shell-quote.ts";

/**
 * A `glaux` command to paste into another shell: with the data folder, if this one was told where it is, because that shell may not know. Out of an
 * archive of `glaux pack` it is the program there.
 */
export function glauxCommand(env: Readonly<Record<string, string | undefined>>, command: string): string {
  const home = env["GLAUX_HOME"];
  const folder = packFolder();
  const program = folder === undefined ? "npx glaux" : shellQuote(join(folder, "glaux"));
  return `${home ? `GLAUX_HOME=${shellQuote(home)} ` : ""}${program} ${command}`;
}
