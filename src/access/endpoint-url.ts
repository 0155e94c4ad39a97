/**
 * The URL under which clients find a service that listens on this address. If it listens on all addresses,
 * the URL names this machine's loopback address, because 0.0.0.0 can be connected to on Linux alone.
 */
export function endpointUrl({ host, port }: { host: string; port: number }): string {
  const isAll = host === "0.0.0.0" || host === "::";
  const name = isAll ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${String(port)}`;
}
