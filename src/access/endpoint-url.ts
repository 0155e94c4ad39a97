/**
 * The URL under which clients find a service that listens on this address. Of one that listens on all addresses they are told this machine's own: that it is
 * reached at 0.0.0.0, too, holds on Linux alone.
 */
export function endpointUrl({ host, port }: { host: string; port: number }): string {
  const isAll = host === "0.0.0.0" || host === "::";
  const name = isAll ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${String(port)}`;
}
