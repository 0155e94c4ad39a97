// Prose ends at a column up to which it is read with ease. (ESLint looks at comments in TypeScript, ruff at
// Python's.)
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, runTool } from "../run-tool.ts";
import { maxColumns } from "./comment-columns.mjs";

/** One line for each line of prose in the repository's Markdown that is too long. */
export async function longProse(): Promise<string[]> {
  const { output } = await runTool("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"]);
  const pages = output.split("\n").filter((page) => page !== "");
  return pages.flatMap((page) =>
    longLines(readFileSync(join(root, page), "utf8")).map(
      ({ line, columns }) => `${page}:${line}: prose ends at column ${maxColumns}; this line has ${columns}`,
    ),
  );
}

/** Tables, code and what cannot be broken (a link, a path) may be longer. */
export function longLines(text: string): { line: number; columns: number }[] {
  let isCode = false;
  return text.split("\n").flatMap((content, n) => {
    if (content.trimStart().startsWith("```")) isCode = !isCode;
    const isProse = !isCode && !content.startsWith("|") && !/https?:|\S{60}/.test(content);
    return isProse && content.length > maxColumns ? [{ line: n + 1, columns: content.length }] : [];
  });
}
