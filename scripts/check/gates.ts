// The gates of `npm run check`. Each gate checks one thing and, if it fails, names the command that mends it.
import { join } from "node:path";
import { testTool } from "../../test/support/tools/tools.ts";
import { root, runNode, runTool, type ToolOutcome } from "../run-tool.ts";
import { ensureToolsVenv } from "../test/tools-venv.ts";
import { longProse } from "./columns.ts";
import { missingTests } from "./failure-model.ts";
import { forbiddenImports } from "./imports.ts";

export interface Gate {
  readonly name: string;
  /** What to do when it fails. */
  readonly remedy: string;
  readonly run: () => Promise<Verdict>;
}

export interface Verdict {
  readonly ok: boolean;
  readonly output: string;
}

const packaged = (path: string) => join(root, "node_modules", path);
const node = async (...args: string[]) => verdict(await runNode(args));
const verdict = ({ code, output }: ToolOutcome): Verdict => ({ ok: code === 0, output });
// Both caches are keyed by content, so they cannot hide a fault. (ESLint's could: its rules look at other
// files' types.)
const contentCache = ["--cache", "--cache-strategy=content"];
const typesCache = ["--incremental", "--tsBuildInfoFile", packaged(".cache/types.tsbuildinfo")];
const docs = join(root, "scripts/docs.ts");

// The longest gate comes first, so that the others run beside it.
export const gates: readonly Gate[] = [
  {
    name: "lint",
    remedy: "npm run fix (mends what can be mended by itself; correct the rest)",
    run: () => node(packaged("eslint/bin/eslint.js"), "--max-warnings=0", "."),
  },
  {
    name: "format",
    remedy: "npm run fix",
    run: () => node(packaged("prettier/bin/prettier.cjs"), "--check", ...contentCache, "--log-level=warn", "."),
  },
  {
    name: "types",
    remedy: "correct the types, then npm run check -- types",
    run: () => node(packaged("typescript/bin/tsc"), "--project", root, "--noEmit", ...typesCache),
  },
  {
    name: "imports",
    remedy: "move the code or pass it in (ARCHITECTURE.md says which way imports go), then npm run check -- imports",
    run: async () => {
      const found = await forbiddenImports();
      return { ok: found.length === 0, output: found.join("\n") };
    },
  },
  {
    name: "python",
    remedy: "npm run fix (formats and mends what can be mended by itself; correct the rest)",
    run: async () => {
      await ensureToolsVenv();
      const cwd = join(root, "driver"); // driver/pyproject.toml has the settings
      const outcomes = [
        await runTool(testTool("ruff"), ["format", "--check", "--quiet", "--diff", "."], { cwd }),
        await runTool(testTool("ruff"), ["check", "--quiet", "--output-format=concise", "."], { cwd }),
        await runTool(testTool("mypy"), [], { cwd }),
      ];
      const failed = outcomes.filter(({ code }) => code !== 0);
      return { ok: failed.length === 0, output: failed.map(({ output }) => output).join("\n") };
    },
  },
  {
    name: "model",
    remedy: "npm run model",
    run: () => node(join(root, "scripts/model/generate.ts"), "--check"),
  },
  {
    name: "prose",
    remedy: "break the lines that are named",
    run: async () => {
      const found = await longProse();
      return { ok: found.length === 0, output: found.join("\n") };
    },
  },
  {
    name: "docs",
    remedy: "npm run docs. If files of tests are named above, name in docs/failure-model.md those that are there",
    run: async () => {
      const rendered = await node(docs, "--check");
      const missing = missingTests();
      return { ok: rendered.ok && missing.length === 0, output: [rendered.output, ...missing].join("\n") };
    },
  },
];
