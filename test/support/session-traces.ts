// The traces of a data folder's sessions in the system: processes, Unix sockets, network sockets.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { TestServer } from "./server.ts";
import { processesOn } from "./server.ts";

/**
 * The ids of all processes of sessions on this server's data folder, with their descendants, but without the
 * server.
 */
export function sessionPids({ home, pid: server }: Pick<TestServer, "home" | "pid">): number[] {
  const roots = new Set(processesOn(home).map(({ pid }) => pid));
  for (const pid of allPids()) if (link(`/proc/${String(pid)}/cwd`).startsWith(home)) roots.add(pid);
  roots.delete(server);
  roots.delete(process.pid);
  for (let grown = -1; grown !== roots.size;) {
    grown = roots.size;
    for (const pid of allPids()) if (roots.has(parentOf(pid))) roots.add(pid);
  }
  return [...roots].filter(isAlive).sort((a, b) => a - b);
}

export const commandOf = (pid: number) =>
  read(`/proc/${String(pid)}/cmdline`)
    .replaceAll("\0", " ")
    .trim();

/** The paths of Unix sockets in the data folder that a process listens on. */
export function unixSockets(home: string): string[] {
  return read("/proc/net/unix")
    .split("\n")
    .map((line) => line.split(" ").at(-1) ?? "")
    .filter((path) => path.startsWith(home))
    .sort();
}

/** The addresses at which these processes listen (TCP) or receive (UDP), in the form `tcp 127.0.0.1:4040`. */
export function listeningAddresses(pids: readonly number[]): string[] {
  const inodes = new Set(pids.flatMap(socketInodes));
  return (["tcp", "tcp6", "udp", "udp6"] as const).flatMap((protocol) =>
    read(`/proc/net/${protocol}`)
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // 0A is LISTEN, 07 is an unconnected UDP socket. The columns are: number, local, remote, state, …,
      // inode.
      .filter((columns) => inodes.has(columns[9] ?? "") && columns[3] === (protocol.startsWith("tcp") ? "0A" : "07"))
      .map((columns) => `${protocol} ${address(columns[1] ?? "")}`),
  );
}

export const isLoopback = (listening: string) =>
  /^\w+ (127\.\d+\.\d+\.\d+|\[::1\]|\[::ffff:127\.\d+\.\d+\.\d+\]):\d+$/.test(listening);

/** The kernel writes an address as 32-bit words, each in the machine's (little-endian) byte order. */
function address(local: string): string {
  const [hex = "", port = ""] = local.split(":");
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, "hex")].reverse());
  return `${host(bytes)}:${String(parseInt(port, 16))}`;
}

function host(bytes: number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (isMapped) return `[::ffff:${bytes.slice(12).join(".")}]`;
  if (bytes.slice(0, 15).every((byte) => byte === 0)) return bytes[15] === 1 ? "[::1]" : `[::${String(bytes[15])}]`;
  return `[${Buffer.from(bytes).toString("hex")}]`;
}

function socketInodes(pid: number): string[] {
  const folder = `/proc/${String(pid)}/fd`;
  return list(folder).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(link(`${folder}/${fd}`))?.[1] ?? []);
}

function isAlive(pid: number): boolean {
  const state = /.*\) (\S)/s.exec(read(`/proc/${String(pid)}/stat`))?.[1];
  return state !== undefined && state !== "Z";
}

const allPids = () =>
  list("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
const parentOf = (pid: number) => Number(/.*\) \S (\d+)/s.exec(read(`/proc/${String(pid)}/stat`))?.[1] ?? 0);

// The content of a file of /proc. A process may end while its files are read.
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
