import { edited } from "./json-edit.ts";
import { isNestedTooDeep } from "./nesting.ts";
import { repair } from "./repair.ts";
import { anObject, aString, entries, isCount, isObject, list, must, object, oneOf, type Rule } from "./rules.ts";

/**
 * Checks the text of a notebook in Jupyter's format 4
 * (https://nbformat.readthedocs.io/en/latest/format_description.html). Returns its text, or the problem that
 * makes it invalid.
 *
 * Valid text stays as it is, character by character. So does what the format does not define and Jupyter
 * keeps: additional members, and the content of `metadata` and of MIME bundles. Notebooks that Jupyter would
 * open with a warning are repaired.
 */
export function readNotebook(text: string): { text: string } | { problem: string } {
  if (isNestedTooDeep(text)) return { problem: "it is nested too deeply" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: "it is not JSON" };
  }
  const edit = repair(value, { left: maxRepairs });
  const problem = notebook(value);
  if (problem) return { problem: `${problem.at.replace(/^\./, "") || "it"} ${problem.says}` };
  return { text: edit ? edited(text, edit) : text };
}

/**
 * The maximum number of repairs: far more than any notebook needs, and few enough to be done while other
 * requests wait.
 */
const maxRepairs = 50_000;

/** The content of a newly created notebook. */
export const emptyNotebook = `${JSON.stringify(
  { cells: [], metadata: { language_info: { name: "python" } }, nbformat: 4, nbformat_minor: 5 },
  undefined,
  1,
)}\n`;

const text = must(
  "must be a string or a list of strings",
  (value) => typeof value === "string" || (Array.isArray(value) && value.every((line) => typeof line === "string")),
);
const count = must("must be null or a whole number, 0 or more", isCount);
const mimeBundle = anObject;
const attachments = entries(() => mimeBundle);

/**
 * The rules for the cells. In a minor version that is later than all known ones, cells and outputs of further
 * kinds are valid.
 */
const format = (isLater: boolean): Rule => {
  const output = oneOf(
    "output_type",
    {
      execute_result: object({ data: mimeBundle, metadata: anObject, execution_count: count }),
      display_data: object({ data: mimeBundle, metadata: anObject }),
      stream: object({ name: aString, text }),
      error: object({ ename: aString, evalue: aString, traceback: list(aString) }),
    },
    isLater ? anObject : undefined,
  );
  const cell = { metadata: anObject, source: text };
  return list(
    oneOf(
      "cell_type",
      {
        code: object({ ...cell, outputs: list(output), execution_count: count }),
        markdown: object(cell, { attachments }),
        raw: object(cell, { attachments }),
      },
      isLater ? object({ metadata: anObject }) : undefined,
    ),
  );
};

const whole = (cells: Rule): Rule =>
  object({
    nbformat: must("must be 4", (value) => value === 4),
    nbformat_minor: must("must be a whole number, 0 or more", (value) => value !== null && isCount(value)),
    metadata: anObject,
    cells,
  });
const known = whole(format(false));
const later = whole(format(true));
const notebook: Rule = (value) =>
  isObject(value) && Number(value["nbformat_minor"]) > 5 ? later(value) : known(value);
