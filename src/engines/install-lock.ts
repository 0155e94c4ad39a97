import { mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Environment, runStep } from "../lib/run-step.ts";

export interface InstallLock extends AsyncDisposable {
  /** The lock's open file, which child processes that write into the folder inherit. */
  readonly fd: number;
}

export interface LockOptions {
  python: string;
  env: Environment | undefined;
  signal: AbortSignal | undefined;
  /** Called once, if another installer holds the lock. */
  onWait(holder: string): void;
}

/**
 * Takes the lock on an engine's folder, and waits for it as long as it takes.
 *
 * The lock is the kernel's flock on a file that we hold open, so it ends with its holder, however the holder
 * dies. A flock belongs to the open file and not to the process that asked for it. Node has no flock, so a
 * short-lived Python takes the lock on the descriptor that it inherits from us. A child process that survives
 * us (pip, a JVM) holds the lock until it ends too.
 */
export async function lockEngine(file: string, options: LockOptions): Promise<InstallLock> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, "a+", 0o644);
  try {
    const flock = (flags: string) =>
      runStep(options.python, ["-I", "-c", `import fcntl; fcntl.flock(3, ${flags})`], {
        env: options.env,
        signal: options.signal,
        lockFd: handle.fd,
      });
    if ((await flock("fcntl.LOCK_EX | fcntl.LOCK_NB")).code !== 0) {
      options.onWait((await readFile(file, "utf8")).trim() || "another installer");
      const { code, tail } = await flock("fcntl.LOCK_EX");
      if (code !== 0) throw new Error(`cannot lock ${file}: ${tail}`);
    }
    await handle.truncate(0);
    await handle.write(`process ${String(process.pid)}, since ${new Date().toISOString()}\n`);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return { fd: handle.fd, [Symbol.asyncDispose]: () => handle.close() };
}
