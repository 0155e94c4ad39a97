import { expect, test } from "vitest";
import { OutputClosed, Screen, type Stream } from "./screen.ts";

/**
 * The lines that a terminal of endless width shows after all this was written to it. It understands only the
 * control sequences that the screen uses.
 */
function display(written: string): string[] {
  const rows = [""];
  let row = 0;
  let column = 0;

  for (const [token] of written.matchAll(/\u001b\[[A-Z]|[\s\S]/g)) {
    if (token === "\r") column = 0;
    else if (token === "\n") {
      row++;
      column = 0;
      rows[row] ??= "";
    } else if (token === "\u001b[K") rows[row] = (rows[row] ?? "").slice(0, column);
    else if (token === "\u001b[A") row--;
    else {
      rows[row] = (rows[row] ?? "").slice(0, column) + token + (rows[row] ?? "").slice(column + 1);
      column++;
    }
  }
  return rows.filter((line, index) => line !== "" || index < rows.length - 1);
}

function terminal(options: { isTTY?: boolean; columns?: number } = {}): Stream & { written: string } {
  return {
    isTTY: true,
    columns: 80,
    written: "",
    ...options,
    write(chunk, done) {
      this.written += chunk.toString();
      done?.();
    },
  };
}

const bytes = (text: string) => Buffer.from(text);

test("lines that change are gone before output comes, and in the end", async () => {
  const both = terminal();
  const screen = new Screen({ stdout: both, stderr: both }, "xterm");
  screen.show(["one", "two", "three"]);
  expect(display(both.written)).toEqual(["one", "two", "three"]);
  screen.show(["one", "2"]);
  expect(display(both.written).filter((line) => line !== "")).toEqual(["one", "2"]);
  await screen.write("stdout", bytes("output\n"));
  screen.show(["bar"]);
  expect(display(both.written).filter((line) => line !== "")).toEqual(["output", "bar"]);
  screen.clear();
  expect(display(both.written).filter((line) => line !== "")).toEqual(["output"]);
});

test("nothing is drawn into a line of output that has not ended", async () => {
  const both = terminal();
  const screen = new Screen({ stdout: both, stderr: both }, "xterm");
  await screen.write("stdout", bytes("half"));
  screen.show(["bar"]);
  await screen.write("stdout", bytes(" a line\n"));
  expect(both.written).toBe("half a line\n");
});

test("output into a file does not keep lines from being drawn on the terminal", async () => {
  const [stdout, stderr] = [terminal({ isTTY: false }), terminal()];
  const screen = new Screen({ stdout, stderr }, "xterm");
  await screen.write("stdout", bytes("half"));
  screen.show(["bar"]);
  expect(stdout.written).toBe("half");
  expect(display(stderr.written)).toEqual(["bar"]);
});

test.each([
  ["no terminal", { isTTY: false }, "xterm"],
  ["a terminal that cannot erase", { isTTY: true }, "dumb"],
])("nothing is drawn on %s", (_, options, type) => {
  const stderr = terminal(options);
  const screen = new Screen({ stdout: terminal(), stderr }, type);
  screen.show(["bar"]);
  screen.clear();
  expect(stderr.written).toBe("");
  expect(screen.isLive).toBe(false);
});

test("a line that would wrap is cut, because it could not be erased", () => {
  const stderr = terminal({ columns: 30 });
  new Screen({ stdout: terminal(), stderr }, "xterm").show(["x".repeat(200)]);
  expect(stderr.written).toBe(`${"x".repeat(26)}...`);

  const wide = terminal({ columns: 30 });
  new Screen({ stdout: terminal(), stderr: wide }, "xterm").show(["表".repeat(20)]);
  expect(wide.written).toBe(`${"表".repeat(13)}...`);
});

test("a reader that went away ends the writing", async () => {
  const stdout: Stream = { write: (_, done) => done?.(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })) };
  await expect(new Screen({ stdout, stderr: terminal() }, "xterm").write("stdout", bytes("x"))).rejects.toThrow(
    OutputClosed,
  );
});
