import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyNotebook, notebookProblem } from "./notebook-format.ts";

const problemOf = (value: unknown) => notebookProblem(JSON.stringify(value));

describe("notebooks of the format", () => {
  test("are taken", () => {
    fc.assert(
      fc.property(notebooks(), fc.constantFrom(undefined, 1, "\t"), (notebook, indent) => {
        expect(notebookProblem(JSON.stringify(notebook, undefined, indent))).toBeUndefined();
      }),
    );
  });

  test("such as a new one", () => {
    expect(notebookProblem(emptyNotebook)).toBeUndefined();
  });

  test("may have members that the format does not know, and members of the prototype's names", () => {
    const cell = { cell_type: "raw", metadata: { constructor: 1, tags: 7 }, source: "", added: { by: "an editor" } };
    expect(problemOf({ ...withCells(cell), toString: 1 })).toBeUndefined();
    expect(notebookProblem('{"nbformat":4,"nbformat_minor":0,"metadata":{"__proto__":1},"cells":[]}')).toBeUndefined();
  });
});

describe("what is no notebook is refused", () => {
  test.each<[string, string]>([
    ["", "it is not JSON"],
    ["{", "it is not JSON"],
    ["\ufeff{}", "it is not JSON"],
    ["NaN", "it is not JSON"],
    ["[".repeat(101), "it is nested too deeply"],
    ["null", "it must be an object"],
    ["[]", "it must be an object"],
    ['"a"', "it must be an object"],
    ["{}", "nbformat is missing"],
    ['{"nbformat":3}', "nbformat must be 4"],
    ['{"nbformat":"4"}', "nbformat must be 4"],
    ['{"nbformat":4}', "nbformat_minor is missing"],
    ['{"nbformat":4,"nbformat_minor":-1}', "nbformat_minor must be a whole number, 0 or more"],
    ['{"nbformat":4,"nbformat_minor":5,"metadata":[]}', "metadata must be an object"],
    ['{"nbformat":4,"nbformat_minor":5,"metadata":{}}', "cells is missing"],
    ['{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":{}}', "cells must be a list"],
  ])("%j: %s", (payload, problem) => {
    expect(notebookProblem(payload)).toBe(problem);
  });

  const raw = { cell_type: "raw", metadata: {}, source: "" };
  const code = { cell_type: "code", metadata: {}, source: [], outputs: [], execution_count: null };
  const shows = (output: unknown) => ({ ...code, outputs: [output] });
  const text = "must be a string or a list of strings";
  test.each<[string, unknown]>([
    ["cells[0] must be an object", null],
    ["cells[0].cell_type must be one of code, markdown, raw", {}],
    ["cells[0].cell_type must be one of code, markdown, raw", { ...raw, cell_type: "toString" }],
    ["cells[0].metadata is missing", { cell_type: "raw" }],
    [`cells[0].source ${text}`, { ...raw, source: ["a", 1] }],
    ["cells[0].id must be 1 to 64 letters, digits, hyphens and underscores", { ...raw, id: "" }],
    ["cells[0].id must be 1 to 64 letters, digits, hyphens and underscores", { ...raw, id: "a".repeat(65) }],
    ["cells[0].attachments must be an object", { ...raw, attachments: [] }],
    [`cells[0].attachments.*.* ${text}`, { ...raw, attachments: { "a.png": { "image/png": 1 } } }],
    ["cells[0].outputs is missing", { ...code, outputs: undefined }],
    ["cells[0].execution_count must be null or a whole number, 0 or more", { ...code, execution_count: 1.5 }],
    [
      "cells[0].outputs[0].output_type must be one of execute_result, display_data, stream, error",
      shows({ output_type: "pyout" }),
    ],
    ["cells[0].outputs[0].name is missing", shows({ output_type: "stream", text: "a" })],
    [`cells[0].outputs[0].data.* ${text}`, shows({ output_type: "display_data", data: { "text/plain": {} } })],
    [
      "cells[0].outputs[0].metadata is missing",
      shows({ output_type: "display_data", data: { "application/json": 1 } }),
    ],
    [
      "cells[0].outputs[0].traceback[1] must be a string",
      shows({ output_type: "error", ename: "E", evalue: "", traceback: ["a", null] }),
    ],
  ])("%s", (problem, cell) => {
    expect(problemOf(withCells(cell))).toBe(problem);
  });

  test("whichever place is spoiled, which the problem names", () => {
    fc.assert(
      fc.property(notebooks({ minCells: 1 }), fc.nat(), fc.boolean(), (notebook, choice, isRemoved) => {
        const all = places(notebook);
        const place = all[choice % all.length]!;
        place.spoil(isRemoved);
        expect(problemOf(notebook)).toMatch(new RegExp(`^${place.path.replace(/[[\]]/g, "\\$&")}(\\b|\\[| )`));
      }),
    );
  });
});

test("of a million wrong cells the first is named, and no more is kept of the others", () => {
  const payload = `{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[${"{},".repeat(1_000_000)}{}]}`;
  expect(notebookProblem(payload)).toBe("cells[0].cell_type must be one of code, markdown, raw");
});

function withCells(...cells: unknown[]) {
  return { nbformat: 4, nbformat_minor: 5, metadata: {}, cells };
}

function notebooks({ minCells = 0 } = {}) {
  const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.array(fc.string(), { maxLength: 3 }));
  const metadata = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2 });
  const count = fc.option(fc.nat());
  const bundle = fc
    .tuple(
      fc.dictionary(fc.constantFrom("text/plain", "text/html", "image/png"), text),
      fc.dictionary(fc.constantFrom("application/json", "application/vnd.plotly.v1+json"), fc.jsonValue()),
    )
    .map(([texts, values]) => ({ ...texts, ...values }));
  const output = fc.oneof(
    fc.record({ output_type: fc.constant("execute_result"), data: bundle, metadata, execution_count: count }),
    fc.record({ output_type: fc.constant("display_data"), data: bundle, metadata }),
    fc.record({ output_type: fc.constant("stream"), name: fc.constantFrom("stdout", "stderr"), text }),
    fc.record({
      output_type: fc.constant("error"),
      ename: fc.string(),
      evalue: fc.string(),
      traceback: fc.array(fc.string(), { maxLength: 3 }),
    }),
  );
  const id = fc.stringMatching(/^[a-zA-Z0-9_-]{1,64}$/);
  const attachments = fc.dictionary(fc.string(), bundle, { maxKeys: 2 });
  const words = { metadata, source: text };
  const cell = fc.oneof(
    fc.record(
      { cell_type: fc.constantFrom("markdown", "raw"), ...words, id, attachments },
      { requiredKeys: ["cell_type", "metadata", "source"] },
    ),
    fc.record(
      {
        cell_type: fc.constant("code"),
        ...words,
        id,
        outputs: fc.array(output, { maxLength: 3 }),
        execution_count: count,
      },
      { requiredKeys: ["cell_type", "metadata", "source", "outputs", "execution_count"] },
    ),
  );
  return fc.record({
    nbformat: fc.constant(4),
    nbformat_minor: fc.integer({ min: 0, max: 9 }),
    metadata,
    cells: fc.array(cell, { minLength: minCells, maxLength: 4 }),
  });
}

type Node = Record<string, unknown>;

/** Every member that the format speaks of, and how to make it wrong. */
function places(notebook: Node): { path: string; spoil: (isRemoved: boolean) => void }[] {
  const of = (path: string, node: Node, names: string[]) =>
    names
      .filter((name) => Object.hasOwn(node, name))
      .map((name) => ({
        path: `${path}${name}`,
        spoil: (isRemoved: boolean) => {
          if (isRemoved && !optional.has(name)) Reflect.deleteProperty(node, name);
          else node[name] = false;
        },
      }));
  const cells = (notebook["cells"] as Node[]).flatMap((cell, index) => {
    const path = `cells[${String(index)}].`;
    const outputs = ((cell["outputs"] ?? []) as Node[]).flatMap((output, at) =>
      of(`${path}outputs[${String(at)}].`, output, Object.keys(output)),
    );
    return [...of(path, cell, Object.keys(cell)), ...outputs];
  });
  return [...of("", notebook, Object.keys(notebook)), ...cells];
}

const optional = new Set(["id", "attachments"]);
