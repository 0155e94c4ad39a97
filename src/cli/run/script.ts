import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { buffer } from "node:stream/consumers";
import { CliError, usageError } from "../failure.ts";

export interface Script {
  code: string;
  /** A name to show to people: the file's name, `-c` or `standard input`. */
  name: string;
}

/** The most characters that Athena takes as one calculation: StartCalculationExecution, member CodeBlock. */
const maxCharacters = 68_000;

/** Reads what `glaux run FILE`, `glaux run -`, `glaux run < FILE` or `glaux run -c CODE` is to run. */
export async function readScript(
  file: string | undefined,
  code: string | undefined,
  stdin: NodeJS.ReadableStream & { isTTY?: boolean } = process.stdin,
): Promise<Script> {
  if (code !== undefined && file !== undefined) throw usageError("give either a file or -c CODE, not both");
  if (code !== undefined) return checked({ code, name: "-c" });
  if (file !== undefined && file !== "-")
    return checked({ code: decode(await readSource(file), file), name: basename(file) });
  if (file === undefined && stdin.isTTY === true) throw noScript();
  const name = "standard input";
  const content = await buffer(stdin).catch((error: unknown) => {
    throw new CliError(`${name} cannot be read: ${reasonOf(error)}`, { cause: error });
  });
  // If the user did not name standard input, an empty one means that the command runs without a terminal, as
  // under cron.
  if (file === undefined && content.length === 0) throw noScript();
  return checked({ code: decode(content, name), name });
}

const noScript = () => usageError("give a file to run, -c CODE, or a script on standard input");

async function readSource(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new CliError(`${file}: there is no such file`, { cause: error });
    if (code === "EISDIR") throw new CliError(`${file} is a folder: name a Python file in it`, { cause: error });
    if (code === "EACCES") throw new CliError(`${file}: you may not read this file`, { cause: error });
    throw new CliError(`${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Decodes UTF-8. A byte order mark, which editors on Windows write at a file's beginning, is left out,
 * because Python refuses it inside a string of code.
 */
function decode(content: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch (error) {
    throw new CliError(`${name} is no text in UTF-8`, { cause: error });
  }
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function checked(script: Script): Script {
  const characters = Array.from(script.code).length;
  if (characters <= maxCharacters) return script;
  throw new CliError(
    `${script.name} has ${characters.toLocaleString("en")} characters, and Athena runs at most ${maxCharacters.toLocaleString("en")} as one calculation\n` +
      `  → move code into modules, put them into a bucket, and load them with sc.addPyFile("s3://…")`,
  );
}
