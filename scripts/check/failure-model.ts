// Checks that the test files which docs/failure-model.md names for each fault exist.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../run-tool.ts";

const page = "docs/failure-model.md";
const reference = /`((?:test|src|driver)\/[^`\s]+\.(?:ts|py))`/g;

/**
 * One line for each file that the page names but that is missing, and for each row of a table that names no
 * file.
 */
export function missingTests(text = readFileSync(join(root, page), "utf8")): string[] {
  const missing = [...text.matchAll(reference)]
    .map(([, path = ""]) => path)
    .filter((path) => !existsSync(join(root, path)))
    .map((path) => `${page} names ${path}, which is not there`);
  const rows = text
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (Fault|It …|What runs|-+) ?\|/.test(line));
  if (rows.length === 0) return [`${page} has no rows`];
  return [...missing, ...rows.filter((row) => row.search(reference) < 0).map((row) => `${page}: no test in: ${row}`)];
}
