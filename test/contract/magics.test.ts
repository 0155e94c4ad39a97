// The cells that notebooks typically begin with, and cells of SQL, as calculations of one session.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { athenaUser, type AthenaUser, type Ended } from "../support/athena-user.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let user: AthenaUser;
let session: string;

beforeAll(async () => {
  server = await startServer();
  user = athenaUser(server);
  session = await user.idleSession({ Description: "magics" });
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const print = (code: string) => user.print(session, code);
const run = (code: string) => user.run(session, code);
const resultsOf = async (ended: Ended) => user.text(ended.execution.Result?.ResultS3Uri);

describe("magics", () => {
  test.each([
    ["extensions", "%load_ext autoreload\n%autoreload 2\nprint('go on')", /^go on\n$/],
    ["matplotlib", "%matplotlib inline\nprint('go on')", /^go on\n$/],
    ["config", "%config InteractiveShell.ast_node_interactivity = 'all'\nprint('go on')", /^go on\n$/],
    ["a cell that is timed", "%%time\nprint(sum(range(10)))", /^45\nCPU times: .*\nWall time: .*\n$/],
    ["a line that is timed", "%time n = spark.range(10).count()\nprint('n is', n)", /Wall time: .*\nn is 10\n$/],
    ["a line below a comment", "# how long?\n%time total = 1 + 1\nprint('total', total)", /\ntotal 2\n$/],
    ["a line in a loop", "for i in range(2):\n    %time print('turn', i)", /^turn 0\n[^]*turn 1\n/],
    ["timeit", "%timeit -n 2 -r 2 sum(range(100))", / per loop \(mean ± std\. dev\. of 2 runs, 2 loops each\)\n$/],
    ["bash", "%%bash\necho from-$((40 + 2))", /^from-42\n$/],
    ["names", "%reset -f\nowl = 1\n%who", /^owl\s+\n$/],
    ["called as a function", "get_ipython().run_line_magic('matplotlib', 'inline')\nprint('go on')", /^go on\n$/],
  ])("%s", async (_, code, expected) => {
    expect(await print(code)).toMatch(expected);
  });

  test("what is captured is not shown, and is kept", async () => {
    expect(await print("%%capture kept\nprint('behind the curtain')\n!echo and this\ndisplay(1)")).toBe("");
    expect(await print("print(kept.stdout, len(kept.outputs))")).toBe("behind the curtain\nand this\n 1\n");
  });

  test("a file that is written can be imported, and its folder is the session's", async () => {
    expect(await print("%%writefile magic_helper.py\nVALUE = 7\n")).toBe("Writing magic_helper.py\n");
    expect(await print("import magic_helper\nprint('value', magic_helper.VALUE)")).toBe("value 7\n");
    expect(await print("here = %pwd\nprint(here.endswith('/work'))")).toBe("True\n");
    const folder = "from IPython.paths import get_ipython_dir\nprint(get_ipython_dir())";
    expect(await print(folder)).toMatch(new RegExp(`^${server.home}/drivers/.*/local/ipython-\\d+\n$`));
  });

  test("%table shows a data frame on stdout and in the results", async () => {
    const code = "birds = spark.createDataFrame([('owl', 3141), ('wren', 27)], ['bird', 'nests'])\n%table birds";
    const shown = await run(code);
    const table = ["+----+-----+", "|bird|nests|", "+----+-----+", "| owl| 3141|", "|wren|   27|", "+----+-----+", ""];
    expect(shown.stdout).toBe(table.join("\n"));
    expect(await resultsOf(shown)).toContain("<td>wren</td><td>27</td>");
  });

  test("errors read as outside, and what needs a terminal says so", async () => {
    const failed = await run("%%time\nx = 1\nfoobar");
    expect(failed.state).toBe("FAILED");
    expect(failed.stderr).toBe("File \"<stdin>\", line 3, in <module>\nNameError: name 'foobar' is not defined\n");
    expect((await run("%debug")).stderr).toContain("UsageError: %debug needs a terminal, and a session has none: ");
    expect((await run("input('?')")).stderr).toContain("input() needs a terminal, and a session has none: ");
  });
});

/** One column as `show()` prints it. */
function table(...lines: string[]): string {
  const width = Math.max(3, ...lines.map((line) => line.length));
  const rule = `+${"-".repeat(width)}+`;
  const [head, ...body] = lines.map((line) => `|${line.padStart(width)}|`);
  return [rule, head, rule, ...body, rule, "", ""].join("\n");
}

describe("%%sql", () => {
  test.each([
    ["plain", "%%sql\nSELECT 1 AS one", table("one", "1")],
    ["a semicolon", "%%sql\nSELECT 1 AS one;", table("one", "1")],
    ["a semicolon among blank lines", "%%sql\n\nSELECT 1 AS one\n;\n\n", table("one", "1")],
    ["a comment before", "%%sql\n-- how many?\nSELECT 1 AS one", table("one", "1")],
    ["a comment behind", "%%sql\nSELECT 1 AS one -- that many; no more", table("one", "1")],
    ["comments between", "%%sql\n/* a; b */ SELECT /* c; */ 1 AS one", table("one", "1")],
    ["a semicolon in a string", "%%sql\nSELECT 'a;b' AS text", table("text", "a;b")],
    ["Windows line ends", "%%sql\r\nSELECT 1\r\nAS one\r\n", table("one", "1")],
    ["blanks behind the magic", "%%sql   \nSELECT 1 AS one", table("one", "1")],
    ["blank lines before the magic", "\n\n%%sql\nSELECT 1 AS one", table("one", "1")],
    ["on the line of the magic", "%%sql SELECT 1 AS one", table("one", "1")],
    ["percent and braces", "%%sql\nSELECT 'x%y{z}$w' LIKE 'x\\%y{z}$w' AS same", table("same", "true")],
    ["letters of the world", "%%sql\nSELECT 'Zürich' AS `straße`", table("straße", "Zürich")],
    [
      "several statements",
      "%%sql\nCREATE OR REPLACE TEMPORARY VIEW cells AS SELECT 7 AS n;\nSELECT n FROM cells;\nSELECT n * 2 AS m FROM cells;\n",
      table("n", "7") + table("m", "14"),
    ],
  ])("%s", async (_, cell, expected) => {
    expect(await print(cell)).toBe(expected);
  });

  test("of several statements, those before the one that fails have run, and it is named", async () => {
    const failed = await run("%%sql\nSELECT 1 AS one;\nSELECT no_such_column FROM range(3);\nSELECT 2 AS two");
    expect(failed.state).toBe("FAILED");
    expect(failed.stdout).toBe(table("one", "1"));
    expect(failed.reason).toContain("no_such_column");
    expect(failed.stderr).toContain("In statement 2 of 3, at line 3: SELECT no_such_column FROM range(3)\n");
    expect((await run("%%sql\n")).state).toBe("FAILED");
  });
});
