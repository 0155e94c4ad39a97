// docs/failure-model.md names the test of each fault: `path` “words of its name”. They must be there.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../run-tool.ts";

const page = "docs/failure-model.md";
const reference = /`((?:test|src|driver)\/[^`\s]+\.(?:ts|py))`(?: “([^”]+)”)?/g;

/** One line for each test that the page names in vain, and for each row of a table that names none. */
export function missingTests(text = readFileSync(join(root, page), "utf8")): string[] {
  const missing = [...text.matchAll(reference)].flatMap(([, path = "", words]) => {
    const file = join(root, path);
    if (!existsSync(file)) return [`${page} names ${path}, which is not there`];
    if (words !== undefined && !readFileSync(file, "utf8").includes(words))
      return [`${page}: no “${words}” in ${path}`];
    return [];
  });
  const rows = text
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (Fault|It …|What runs|-+) ?\|/.test(line));
  if (rows.length === 0) return [`${page} has no rows`];
  return [...missing, ...rows.filter((row) => row.search(reference) < 0).map((row) => `${page}: no test in: ${row}`)];
}
