import { ESLint } from "eslint";
import { expect, test } from "vitest";
import { longLines } from "../../scripts/check/columns.ts";
import { commentColumns } from "../../scripts/check/comment-columns.mjs";

const words = (columns: number) => "word ".repeat(columns / 5 - 1) + "words";

test("prose in Markdown ends at column 110; tables, code and what cannot be broken may be longer", () => {
  const long = words(115);
  const found = longLines([words(110), long, `| ${long} |`, "```", long, "```", `- ${long}`].join("\n"));
  expect(found.map(({ line }) => line)).toEqual([2, 7]);
  expect(longLines(`A link: https://example.com/${"x".repeat(100)} and more`)).toEqual([]);
});

test("comments in TypeScript end at column 110, behind code too; code and URLs may be longer", async () => {
  const code = [
    `// ${words(105)}`,
    `// ${words(110)}`,
    `const text = "${words(110)}"; /* fine */`.slice(0, 150),
    `const other = "${words(115)}";`,
    `/**`,
    ` * ${words(110)}`,
    ` * https://example.com/${"x".repeat(100)}`,
    ` */`,
  ];
  const eslint = new ESLint({
    overrideConfigFile: true,
    overrideConfig: [
      { plugins: { glaux: { rules: { "comment-columns": commentColumns } } }, rules: { "glaux/comment-columns": 2 } },
    ],
  });
  const [result] = await eslint.lintText(code.join("\n"));
  expect(result?.messages.map(({ line }) => line)).toEqual([2, 3, 6]);
});
