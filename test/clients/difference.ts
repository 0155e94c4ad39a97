import type { FoundProperty } from "../../scripts/test/clients.ts";
import type { SentProperty } from "./sent-properties.ts";

/** What the clients send and the table does not know, and the other way round; for a person to read, and empty if there is nothing. */
export function difference(found: readonly FoundProperty[], known: readonly SentProperty[]): string[] {
  const sent = new Set(
    found.flatMap(({ client, key, values }) =>
      (values.length > 0 ? values : [""]).map((value) => line(client, key, value)),
    ),
  );
  const expected = new Set(known.map(({ from, key, value }) => line(from, key, value)));
  return [
    ...[...sent]
      .filter((one) => !expected.has(one))
      .map((one) => `sent, and not in test/clients/sent-properties.ts: ${one}`),
    ...[...expected]
      .filter((one) => !sent.has(one))
      .map((one) => `in test/clients/sent-properties.ts, and not sent: ${one}`),
  ];
}

const line = (client: string, key: string, value: string) => `${client}: ${key}=${value}`;
