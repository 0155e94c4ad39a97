import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyNotebook, readNotebook } from "./notebook-format.ts";

const notebookProblem = (text: string) => {
  const read = readNotebook(text);
  return "problem" in read ? read.problem : undefined;
};
const raw = { cell_type: "raw", metadata: {}, source: "" };
const code = { cell_type: "code", metadata: {}, source: [], outputs: [], execution_count: null };
const shows = (output: unknown) => ({ ...code, outputs: [output] });

const problemOf = (value: unknown) => notebookProblem(JSON.stringify(value));
const read = (text: string) => {
  const { problem, text: taken } = { problem: undefined, text: undefined, ...readNotebook(text) };
  if (taken === undefined) throw new Error(problem);
  return taken;
};

describe("notebooks of the format", () => {
  test("are taken as they are", () => {
    fc.assert(
      fc.property(notebooks(), fc.constantFrom(undefined, 1, "\t"), (notebook, indent) => {
        const text = JSON.stringify(notebook, undefined, indent);
        expect(read(text)).toBe(text);
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
    ['{"nbformat":4,"nbformat_minor":null,"cells":[]}', "nbformat_minor must be a whole number, 0 or more"],
    ['{"nbformat":4,"nbformat_minor":-1}', "nbformat_minor must be a whole number, 0 or more"],
    ['{"nbformat":4,"nbformat_minor":5,"metadata":[]}', "metadata must be an object"],
    ['{"nbformat":4,"nbformat_minor":5,"metadata":{}}', "cells is missing"],
    ['{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":{}}', "cells must be a list"],
  ])("%j: %s", (payload, problem) => {
    expect(notebookProblem(payload)).toBe(problem);
  });

  const text = "must be a string or a list of strings";
  test.each<[string, unknown]>([
    ["cells[0] must be an object", null],
    ["cells[0].cell_type must be one of code, markdown, raw", {}],
    ["cells[0].cell_type must be one of code, markdown, raw", { ...raw, cell_type: "toString" }],
    ["cells[0].metadata is missing", { cell_type: "raw" }],
    [`cells[0].source ${text}`, { ...raw, source: ["a", 1] }],
    [`cells[0].source ${text}`, { ...raw, source: {} }],
    ["cells[0].attachments must be an object", { ...raw, attachments: [] }],
    ["cells[0].attachments.* must be an object", { ...raw, attachments: { "a.png": 1 } }],
    ["cells[0].outputs must be a list", { ...code, outputs: {} }],
    ["cells[0].outputs[0] must be an object", shows(null)],
    [
      "cells[0].outputs[0].output_type must be one of execute_result, display_data, stream, error",
      shows({ output_type: "pyout" }),
    ],
    ["cells[0].outputs[0].name must be a string", shows({ output_type: "stream", name: ["stdout"], text: "a" })],
    ["cells[0].outputs[0].data must be an object", shows({ output_type: "display_data", data: "a" })],
    ["cells[0].outputs[0].metadata must be an object", shows({ output_type: "execute_result", metadata: [] })],
    [
      "cells[0].outputs[0].traceback[1] must be a string",
      shows({ output_type: "error", ename: "E", evalue: "", traceback: ["a", null] }),
    ],
  ])("%s", (problem, cell) => {
    expect(problemOf(withCells(cell))).toBe(problem);
  });

  test("whichever place is spoiled, which the problem names", () => {
    fc.assert(
      fc.property(notebooks({ minCells: 1 }), fc.nat(), (notebook, choice) => {
        const all = places(notebook).filter(({ name }) => !["id", "execution_count"].includes(name));
        const place = all[choice % all.length]!;
        place.node[place.name] = [1];
        expect(problemOf(notebook)).toMatch(new RegExp(`^${place.path.replace(/[[\]]/g, "\\$&")}(\\b|\\[| )`));
      }),
    );
  });
});

describe("what Jupyter opens with a warning is repaired", () => {
  const at5 = (cell: unknown, minor = 5) => ({ ...withCells(cell), nbformat_minor: minor });
  const display = { output_type: "display_data", data: {}, metadata: {} };
  const result = { ...display, output_type: "execute_result", execution_count: 1 };
  const stream = { output_type: "stream", name: "stdout", text: "a" };
  const error = { output_type: "error", ename: "E", evalue: "", traceback: [] };
  const codeAt5 = { ...code, id: "a" };
  test.each<[string, unknown, unknown]>([
    ["outputs", { outputs: undefined }, { outputs: [] }],
    ["outputs that are null", { outputs: null }, { outputs: [] }],
    ["execution_count", { execution_count: undefined }, { execution_count: null }],
    ["execution_count, a text", { execution_count: "3" }, { execution_count: null }],
    ["execution_count, negative", { execution_count: -1 }, { execution_count: null }],
    ["source", { source: undefined }, { source: "" }],
    ["source that is null", { source: null }, { source: "" }],
    ["id", { id: undefined }, { id: "cell-1" }],
    ["id of other characters", { id: "a b" }, { id: "cell-1" }],
    ["id that is empty", { id: "" }, { id: "cell-1" }],
    ["id that is too long", { id: "a".repeat(65) }, { id: "cell-1" }],
    ["id, a number", { id: 7 }, { id: "cell-1" }],
    ["a stream's name", { outputs: [{ ...stream, name: undefined }] }, { outputs: [stream] }],
    ["a stream's text", { outputs: [{ ...stream, text: null }] }, { outputs: [{ ...stream, text: "" }] }],
    ["an output's metadata", { outputs: [{ ...display, metadata: undefined }] }, { outputs: [display] }],
    ["an output's data", { outputs: [{ ...display, data: null }] }, { outputs: [display] }],
    [
      "a result's count",
      { outputs: [{ ...result, execution_count: "1" }] },
      { outputs: [{ ...result, execution_count: null }] },
    ],
    ["an error's texts", { outputs: [{ output_type: "error", evalue: null }] }, { outputs: [{ ...error, ename: "" }] }],
    [
      "an error's traceback",
      { outputs: [{ ...error, traceback: "a" }] },
      { outputs: [{ ...error, traceback: ["a"] }] },
    ],
  ])("%s", (_what, wrong, right) => {
    const lacking = JSON.stringify(at5({ ...codeAt5, ...(wrong as object) }));
    const repaired = read(lacking);
    expect(JSON.parse(repaired)).toEqual(at5({ ...codeAt5, ...(right as object) }));
    expect(read(repaired)).toBe(repaired);
  });

  test("the minor version: 5 if cells have ids", () => {
    const minorOf = (cell: unknown) =>
      (JSON.parse(read(JSON.stringify({ nbformat: 4, metadata: {}, cells: [cell] }))) as Node)["nbformat_minor"];
    expect([minorOf(raw), minorOf({ ...raw, id: "a" })]).toEqual([4, 5]);
  });

  test("ids that cells share: the first keeps it, and new ones are nobody's", () => {
    const ids = ["a", "a", "cell-1", undefined, "cell-1", "b"];
    const notebook = withCells(...ids.map((id) => ({ ...raw, id })));
    const { cells } = JSON.parse(read(JSON.stringify(notebook))) as { cells: Node[] };
    expect(cells.map(({ id }) => id)).toEqual(["a", "cell-2", "cell-1", "cell-3", "cell-4", "b"]);
    const older = JSON.stringify({ ...notebook, nbformat_minor: 4 });
    expect(read(older)).toBe(older);
  });

  test("and no other character is changed", () => {
    const rest = '\r\n "a" : [12345678901234567890, 1.10, -0, "]}\\"", {"outputs":1}],"cells":0,';
    const cell = (more: string) =>
      `{ ${more}"metadata": {"n" : 1e2},\n"cell_type" : "code", "s\\u006furce":"{" , "id":"a"}`;
    const notebook = (more: string) =>
      `{"nbformat": 4,${rest}"nbformat_minor":5,"metadata":{ }, "cells" :[ ${more}]}\t`;
    const twice = '"outputs": [], "execution_count": null, ';
    expect(read(notebook(cell("")))).toBe(notebook(cell("").replace("{ ", `{${twice} `)));
  });

  test("whatever of it is removed, in a notebook of any shape", () => {
    const absent: Record<string, unknown> = {
      outputs: [],
      execution_count: null,
      source: "",
      name: "stdout",
      text: "",
    };
    const inOutputs: Record<string, unknown> = { ename: "", evalue: "", traceback: [], data: {}, metadata: {} };
    fc.assert(
      fc.property(notebooks(), fc.infiniteStream(fc.boolean()), (notebook, choices) => {
        // JSON has no -0, which structuredClone() would keep.
        const expected = JSON.parse(JSON.stringify(notebook)) as Node;
        const [all, allExpected] = [places(notebook), places(expected)];
        for (const [index, { path, node, name }] of all.entries()) {
          const defaults = path.includes("outputs[")
            ? { ...absent, ...inOutputs }
            : path.includes("cells[")
              ? absent
              : {};
          if (!Object.hasOwn(defaults, name) || !choices.next().value) continue;
          Reflect.deleteProperty(node, name);
          allExpected[index]!.node[name] = defaults[name];
        }
        expect(JSON.parse(read(JSON.stringify(notebook, undefined, 1)))).toEqual(expected);
      }),
    );
  });

  test("unless it is more than any notebook has", () => {
    const lacking = Array.from({ length: 50_001 }, () => ({ ...raw, source: undefined }));
    expect(problemOf(withCells(...lacking))).toBe("cells[50000].source is missing");
  });
});

test("what a later minor version may bring is kept", () => {
  const cells = [
    { cell_type: "new", id: "a", metadata: {} },
    { ...shows({ output_type: "new" }), id: "b" },
  ];
  const later = JSON.stringify({ ...withCells(...cells), nbformat_minor: 6 });
  expect(read(later)).toBe(later);
  expect(problemOf(withCells(...cells))).toBe("cells[0].cell_type must be one of code, markdown, raw");
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
  const notebook = fc.record({
    nbformat: fc.constant(4),
    nbformat_minor: fc.integer({ min: 0, max: 9 }),
    metadata,
    cells: fc.array(cell, { minLength: minCells, maxLength: 4 }),
  });
  return fc.tuple(notebook, fc.uniqueArray(id, { minLength: 4, maxLength: 4 })).map(([made, ids]) => {
    if (made.nbformat_minor < 5) return made;
    return { ...made, cells: made.cells.map((one, index) => ({ ...one, id: ids[index]! })) };
  });
}

type Node = Record<string, unknown>;

/** Every member that the format defines. */
function places(notebook: Node): { path: string; node: Node; name: string }[] {
  const of = (path: string, node: Node) => Object.keys(node).map((name) => ({ path: `${path}${name}`, node, name }));
  const cells = (notebook["cells"] as Node[]).flatMap((cell, index) => {
    const path = `cells[${String(index)}].`;
    const outputs = ((cell["outputs"] ?? []) as Node[]).flatMap((output, at) =>
      of(`${path}outputs[${String(at)}].`, output),
    );
    return [...of(path, cell), ...outputs];
  });
  return [...of("", notebook), ...cells];
}
