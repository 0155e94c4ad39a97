import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LoadOrder, LoadResult } from "./load.ts";

/** Runs a load in a process of its own. */
export async function load(order: LoadOrder): Promise<LoadResult> {
  const child = fork(join(import.meta.dirname, "load.ts"), { serialization: "advanced" });
  child.send(order);
  const { result, failure } = await message<{ result?: LoadResult; failure?: string }>(child);
  if (result === undefined) throw new Error(failure);
  return result;
}

export interface BareServer extends Disposable {
  readonly port: number;
  readonly pid: number;
}

/** A bare node:http server, in a process of its own, that answers these bytes. */
export async function startBareServer(answer: { headers: Record<string, string>; body: string }): Promise<BareServer> {
  const child = fork(join(import.meta.dirname, "bare-server.ts"), [JSON.stringify(answer)]);
  const port = await message<number>(child);
  return { port, pid: child.pid ?? 0, [Symbol.dispose]: () => child.disconnect() };
}

async function message<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, "exit").then(() => {
    throw new Error("The process ended without a word");
  });
  const [received] = (await Promise.race([once(child, "message"), ended])) as [T];
  ended.catch(() => undefined);
  return received;
}
