import { readdir, readFile, readlink } from "node:fs/promises";
import { createServer } from "node:net";
import { CliError } from "./failure.ts";

interface Listen {
  host: string;
  port: number;
}

/** Throws the error of `explainListen` if nothing can listen on this address now. */
export async function requireFreePort(listen: Listen): Promise<void> {
  if (listen.port === 0) return;
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(listen.port, listen.host, resolve);
    });
  } catch (error) {
    throw await explainListen(error, listen);
  } finally {
    server.close();
  }
}

/** Words the error of a port that could not be opened. Any other error is returned as it is. */
export async function explainListen(error: unknown, { host, port }: Listen): Promise<unknown> {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  const remedy = `choose another with GLAUX_LISTEN, such as GLAUX_LISTEN=127.0.0.1:0 for any free port`;
  const address = `${host}:${String(port)}`;
  if (code === "EADDRINUSE") {
    const holder = await portHolder(port);
    const who = holder === undefined ? "another program" : `process ${String(holder.pid)} (${holder.command})`;
    return new CliError(`port ${String(port)} on ${host} is in use by ${who}\n  → end it, or ${remedy}`, {
      cause: error,
    });
  }
  if (syscall === "listen" || syscall === "getaddrinfo" || code === "EADDRNOTAVAIL") {
    const why = code === "EACCES" ? "an ordinary user may not open this port" : String(code);
    return new CliError(`cannot listen on ${address} (${why})\n  → ${remedy}`, { cause: error });
  }
  return error;
}

/** The process that listens on a port; undefined if we may not look at its files. */
export async function portHolder(port: number): Promise<{ pid: number; command: string } | undefined> {
  const sockets = new Set((await Promise.all(["tcp", "tcp6"].map((family) => listeners(family, port)))).flat());
  if (sockets.size === 0) return undefined;
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    for (const fd of await readdir(`/proc/${name}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${name}/fd/${fd}`).catch(() => "");
      if (sockets.has(target)) return { pid: Number(name), command: await commandOf(name) };
    }
  }
  return undefined;
}

/**
 * The listening sockets on a port, named as the links in /proc/<pid>/fd name them. Format: proc_pid_net(5).
 */
async function listeners(family: string, port: number): Promise<string[]> {
  const listening = "0A";
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const table = await readFile(`/proc/net/${family}`, "utf8").catch(() => "");
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(wanted) && columns[3] === listening)
    .map((columns) => `socket:[${columns[9] ?? ""}]`);
}

async function commandOf(pid: string): Promise<string> {
  const line = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ").trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
