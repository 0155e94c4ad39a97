import { shellQuote } from "./shell-quote.ts";

/**
 * A `glaux` command to paste into another shell: with the data folder, if this one was told where it is, because that shell may not know.
 */
export function glauxCommand(env: Readonly<Record<string, string | undefined>>, command: string): string {
  const home = env["GLAUX_HOME"];
  return `${home ? `GLAUX_HOME=${shellQuote(home)} ` : ""}npx glaux ${command}`;
}
