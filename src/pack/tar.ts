import { basename, dirname } from "node:path";
import { runStep } from "../engines/run-step.ts";

/**
 * Writes a folder into an archive, by the machine's GNU tar and gzip. Owners and modes are the same whoever packs: all may read, nobody but the one
 * who unpacks it may write. Weak compression, as most of it is compressed already.
 */
export async function makeArchive(folder: string, file: string, signal: AbortSignal): Promise<void> {
  const same = ["--owner=0", "--group=0", "--numeric-owner", "--mode=u+w,go-w,a+rX", "--sort=name"];
  const args = ["-I", "gzip -1", ...same, "-cf", file, "-C", dirname(folder), basename(folder)];
  const { code, tail } = await runStep("tar", args, { env: undefined, signal });
  if (code !== 0) throw new Error(`tar failed (exit code ${String(code)}): ${tail}`);
}
