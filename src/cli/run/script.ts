import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { basename } from "node:path";
import { CliError, usageError } from "../failure.ts";

export interface Script {
  code: string;
  /** For people: the file's name, `-c` or `standard input`. */
  name: string;
}

/** The most that Athena takes as one calculation: StartCalculationExecution, member CodeBlock. */
const maxCharacters = 68_000;

/** Reads what `glaux run FILE`, `glaux run -` or `glaux run -c CODE` is to run. */
export async function readScript(file: string | undefined, code: string | undefined): Promise<Script> {
  if (code !== undefined && file !== undefined) throw usageError("give either a file or -c CODE, not both");
  if (code !== undefined) return checked({ code, name: "-c" });
  if (file === undefined) throw usageError("give a file to run, -c CODE, or - for a script on standard input");
  if (file === "-") return checked({ code: await text(process.stdin), name: "standard input" });
  return checked({ code: await readSource(file), name: basename(file) });
}

async function readSource(file: string): Promise<string> {
  try {
    // Editors on Windows begin files with a byte order mark, which Python refuses inside a string of code.
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new CliError(`${file}: there is no such file`, { cause: error });
    if (code === "EISDIR") throw new CliError(`${file} is a folder: name a Python file in it`, { cause: error });
    if (code === "EACCES") throw new CliError(`${file}: you may not read this file`, { cause: error });
    throw new CliError(`${file} is no text in UTF-8`, { cause: error });
  }
}

function checked(script: Script): Script {
  const characters = Array.from(script.code).length;
  if (characters <= maxCharacters) return script;
  throw new CliError(
    `${script.name} has ${characters.toLocaleString("en")} characters, and Athena runs at most ${maxCharacters.toLocaleString("en")} as one calculation\n` +
      `  → move code into modules, put them into a bucket, and load them with sc.addPyFile("s3://…")`,
  );
}
