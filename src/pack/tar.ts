import { basename, dirname } from "node:path";
import { runStep } from "../lib/run-step.ts";

/**
 * Writes a folder into an archive, by the machine's GNU tar and gzip. Owners and modes do not depend on who
 * packs: all may read, and only the user who unpacks may write. Compression is weak, because most of the
 * content is compressed already.
 */
export async function writeTar(folder: string, file: string, signal: AbortSignal): Promise<void> {
  const same = ["--owner=0", "--group=0", "--numeric-owner", "--mode=u+w,go-w,a+rX", "--sort=name"];
  const args = ["-I", "gzip -1", ...same, "-cf", file, "-C", dirname(folder), basename(folder)];
  const { code, tail } = await runStep("tar", args, { env: undefined, signal });
  if (code !== 0) throw new Error(`the archive ${file} could not be written (tar ended with ${String(code)}): ${tail}`);
}

/** Why this machine cannot write such an archive; undefined if it can. */
export async function whyNoTar(): Promise<string | undefined> {
  const isGnu = await runStep("tar", ["--version"], { env: undefined }).then(
    ({ stdout }) => stdout.includes("GNU tar"),
    () => false,
  );
  if (!isGnu) return "GNU tar is needed to write the archive, and is not on the PATH";
  const gzip = await runStep("gzip", ["--version"], { env: undefined }).catch(() => undefined);
  return gzip?.code === 0 ? undefined : "gzip is needed to write the archive, and is not on the PATH";
}
