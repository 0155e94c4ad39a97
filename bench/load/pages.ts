import { signedCalls } from "../../test/support/signed-calls.ts";
import type { Figure } from "../samples.ts";

const rounds = 200;

/** Times of single pages of ListSessions, one after the other. */
export async function timePages(server: { endpoint: string; home: string }): Promise<Figure[]> {
  using calls = signedCalls(server, 1);
  const list = async (input: object) => {
    const { status, body } = await calls.post("ListSessions", JSON.stringify({ WorkGroup: "primary", ...input }));
    if (status !== 200) throw new Error(body);
    return JSON.parse(body) as { Sessions: unknown[]; NextToken?: string };
  };
  const ended = { StateFilter: "TERMINATED" };
  let lastToken: string | undefined;
  let count = 0;
  for (let token: string | undefined; ;) {
    const page = await list({ ...ended, NextToken: token });
    count += page.Sessions.length;
    if (page.NextToken === undefined) break;
    lastToken = token = page.NextToken;
  }
  const time = async (name: string, input: object): Promise<Figure> => {
    const samples: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const began = performance.now();
      await list(input);
      samples.push(performance.now() - began);
    }
    return { name: `ListSessions over ${String(count)}: ${name}`, samples };
  };
  return [
    await time("first page", ended),
    await time("last page", { ...ended, NextToken: lastToken }),
    await time("the active ones, of which there are none", {}),
  ];
}
