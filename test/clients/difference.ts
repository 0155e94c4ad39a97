import type { FoundProperty } from "../../scripts/test/clients.ts";
import type { SentProperty } from "./sent-properties.ts";

/**
 * The differences between the properties that the clients send and the table, in both directions, as lines
 * for a person to read. Empty if there are none.
 */
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
