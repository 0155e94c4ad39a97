// Compares Glaux's reader of notebooks with Python's nbformat, the format's own implementation. Glaux accepts
// every notebook that nbformat opens, and nbformat finds no fault in a notebook that Glaux has accepted.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readNotebook } from "../../src/notebooks/notebook-format.ts";
import { testTool } from "../support/tools/tools.ts";

type Node = Record<string, unknown>;

const whole = { nbformat: 4, nbformat_minor: 5, metadata: {} };
const code = { cell_type: "code", id: "a", metadata: {}, source: "", outputs: [], execution_count: null };
const of = (...cells: unknown[]): Node => ({ ...whole, cells });
const cell = (changes: Node): Node => of({ ...code, ...changes });
const output = (one: unknown): Node => cell({ outputs: [one] });
const display = { output_type: "display_data", data: {}, metadata: {} };
const error = { output_type: "error", ename: "E", evalue: "", traceback: [] };

/** Notebooks that Jupyter opens, with or without a warning. A member that is undefined is absent. */
const taken: Record<string, Node> = {
  "nothing wrong": of(code, { ...code, id: "b", cell_type: "raw" }),
  "no outputs": cell({ outputs: undefined }),
  "no execution_count": cell({ execution_count: undefined }),
  "counts of other kinds": of(...["3", -1, 1.5, true, {}].map((execution_count) => ({ ...code, execution_count }))),
  "no source": cell({ source: undefined }),
  "source null": cell({ source: null }),
  "no id": cell({ id: undefined }),
  "the same ids": of(code, code, { ...code, cell_type: "markdown" }),
  "ids of other kinds": of(...["a b", "", 1, null, "a".repeat(65)].map((id) => ({ ...code, id }))),
  "ids before 4.5": { ...cell({ id: 1 }), nbformat_minor: 4 },
  "no nbformat_minor": { ...of(code), nbformat_minor: undefined },
  "no nbformat_minor, no ids": { ...cell({ id: undefined }), nbformat_minor: undefined },
  "a later minor version": { ...of({ cell_type: "new", id: "a", metadata: {} }), nbformat_minor: 9 },
  "a later kind of output": { ...output({ output_type: "new" }), nbformat_minor: 9 },
  "a later version that lacks outputs": { ...cell({ outputs: undefined }), nbformat_minor: 9 },
  "further members": { ...cell({ cell_type: "markdown", more: 1 }), more: 1 },
  transient: output({ ...display, transient: {} }),
  "stream without name": output({ output_type: "stream", text: "a" }),
  "stream of a further name": output({ output_type: "stream", name: "stdlog", text: ["a\n", "b"] }),
  "stream without text": output({ output_type: "stream", name: "stderr" }),
  "display without metadata": output({ ...display, metadata: undefined }),
  "display with metadata null": output({ ...display, metadata: null }),
  "display without data": output({ ...display, data: undefined }),
  "odd data": output({ ...display, data: { "text/plain": 1, "text/html": null, "application/x": {} } }),
  "result without execution_count": output({ ...display, output_type: "execute_result" }),
  "error without anything": output({ output_type: "error" }),
  "error with one text": output({ ...error, traceback: "a" }),
  "error with null": output({ ...error, ename: null, evalue: null }),
  "odd attachments": cell({ cell_type: "markdown", attachments: { "a.png": { "image/png": 1 } } }),
};

/** Notebooks that Jupyter does not open either. */
const refused: Record<string, Node> = {
  "nbformat 5": { ...of(), nbformat: 5 },
  "no cells": whole,
  "no metadata": { ...of(), metadata: undefined },
  "metadata a list": { ...of(), metadata: [] },
  "nbformat_minor null": { ...of(), nbformat_minor: null },
  "a cell without metadata": cell({ metadata: undefined }),
  "a cell that is null": of(null),
  "source of mixed lines": cell({ source: ["a", 1] }),
  "an output that is null": output(null),
  "attachments a list": cell({ cell_type: "markdown", attachments: [] }),
};

test("Jupyter opens what is taken, and finds it valid as it is exported", () => {
  const names = Object.keys(taken);
  const asJupyter = openInJupyter(Object.values(taken));
  expect(names.filter((_, index) => !asJupyter[index]!.opens)).toEqual([]);
  const exported = names.map((name) => {
    const read = readNotebook(JSON.stringify(taken[name]));
    return "text" in read ? (JSON.parse(read.text) as unknown) : `${name}: ${read.problem}`;
  });
  const found = openInJupyter(exported).map(({ problems }, index) => ({ name: names[index], problems }));
  expect(found.filter(({ problems }) => problems.length > 0)).toEqual([]);
  const wasValid = names.filter((_, index) => asJupyter[index]!.problems.length === 0);
  expect(wasValid.length).toBeGreaterThan(3);
  for (const name of wasValid)
    expect(exported[names.indexOf(name)], name).toEqual(JSON.parse(JSON.stringify(taken[name])));
});

test("Jupyter refuses what is refused", () => {
  const names = Object.keys(refused);
  const asJupyter = openInJupyter(Object.values(refused));
  expect(names.filter((_, index) => asJupyter[index]!.opens)).toEqual([]);
  expect(names.filter((name) => "text" in readNotebook(JSON.stringify(refused[name])))).toEqual([]);
});

function openInJupyter(notebooks: readonly unknown[]): { opens: boolean; problems: string[] }[] {
  const script = join(import.meta.dirname, "open_in_jupyter.py");
  const printed = execFileSync(testTool("python"), [script], { input: JSON.stringify(notebooks), encoding: "utf8" });
  return JSON.parse(printed) as { opens: boolean; problems: string[] }[];
}
