import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/**
 * The connections in a trace of strace: how many stayed on the machine, and the lines of those that did not.
 * A question to a DNS server counts as leaving the machine, wherever that server is.
 */
export async function connectionsBeyond(trace: string): Promise<{ seen: number; beyond: string[] }> {
  const beyond: string[] = [];
  let seen = 0;
  for await (const line of createInterface({ input: createReadStream(trace) })) {
    const family = /sa_family=(AF_\w+)/.exec(line)?.[1];
    if (family === undefined) continue; // on a socket that is connected
    if (isInside(family, line)) seen++;
    else beyond.push(line);
  }
  return { seen, beyond };
}

function isInside(family: string, line: string): boolean {
  if (/htons\(53\)|systemd\.Resolve/.test(line)) return false;
  if (family === "AF_INET") return line.includes('inet_addr("127.');
  if (family === "AF_INET6") return /"(::1|::ffff:127\.[\d.]+)"/.test(line);
  // AF_UNSPEC takes a socket's address back.
  return ["AF_UNIX", "AF_NETLINK", "AF_UNSPEC"].includes(family);
}
