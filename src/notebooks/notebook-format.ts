import { isNestedTooDeep } from "./nesting.ts";
import { anObject, aString, entries, list, must, object, oneOf, type Rule } from "./rules.ts";

/**
 * What is wrong with the text of a notebook; undefined if it is one in Jupyter's format 4 (https://nbformat.readthedocs.io/en/latest/format_description.html).
 *
 * Held against its JSON schema, this is lenient where Jupyter is when it opens a file: members that the schema does not know are kept, what stands inside of
 * `metadata` is not looked at, and a cell may lack the `id` that minor version 5 brought.
 */
export function notebookProblem(text: string): string | undefined {
  if (isNestedTooDeep(text)) return "it is nested too deeply";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  const problem = notebook(value);
  return problem && `${problem.at.replace(/^\./, "") || "it"} ${problem.says}`;
}

/** The content of a notebook that was just created. */
export const emptyNotebook = `${JSON.stringify(
  { cells: [], metadata: { language_info: { name: "python" } }, nbformat: 4, nbformat_minor: 5 },
  undefined,
  1,
)}\n`;

const text = must(
  "must be a string or a list of strings",
  (value) => typeof value === "string" || (Array.isArray(value) && value.every((line) => typeof line === "string")),
);
const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
const count = must("must be null or a whole number, 0 or more", (value) => value === null || isCount(value));
const id = must(
  "must be 1 to 64 letters, digits, hyphens and underscores",
  (value) => typeof value === "string" && /^[a-zA-Z0-9_-]{1,64}$/.test(value),
);
/** By MIME type. JSON is any value, everything else is text. */
const mimeBundle = entries((type) => (/^application\/(.*\+)?json$/s.test(type) ? undefined : text));

const output = oneOf("output_type", {
  execute_result: object({ data: mimeBundle, metadata: anObject, execution_count: count }),
  display_data: object({ data: mimeBundle, metadata: anObject }),
  stream: object({ name: aString, text }),
  error: object({ ename: aString, evalue: aString, traceback: list(aString) }),
});

const cell = (required: Record<string, Rule>, optional: Record<string, Rule> = {}) =>
  object({ metadata: anObject, source: text, ...required }, { id, ...optional });

const attachments = entries(() => mimeBundle);

const notebook = object({
  nbformat: must("must be 4", (value) => value === 4),
  nbformat_minor: must("must be a whole number, 0 or more", isCount),
  metadata: anObject,
  cells: list(
    oneOf("cell_type", {
      code: cell({ outputs: list(output), execution_count: count }),
      markdown: cell({}, { attachments }),
      raw: cell({}, { attachments }),
    }),
  ),
});
