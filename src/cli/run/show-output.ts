import { delay } from "../../lib/delay.ts";
import { CliError } from "../failure.ts";
import type { CalculationEnd } from "./calculation.ts";
import { ObjectTail } from "./object-tail.ts";
import type { Screen } from "./screen.ts";
import type { ServiceLink } from "./service-link.ts";

const lookEveryMs = 100;

/**
 * Shows stdout and stderr as they grow, and what is left of them when `end` has resolved. Returns the last
 * part of stderr. Throws OutputClosed if nobody reads the output any more.
 */
export async function showOutput(
  link: ServiceLink,
  uris: { stdout: string; stderr: string },
  screen: Screen,
  end: Promise<CalculationEnd>,
): Promise<{ stderrTail: string }> {
  let stderrTail = Buffer.alloc(0);
  const tails = [
    new ObjectTail(uris.stdout, (chunk) => screen.write("stdout", chunk)),
    new ObjectTail(uris.stderr, async (chunk) => {
      stderrTail = Buffer.concat([stderrTail, chunk]).subarray(-16_384);
      await screen.write("stderr", chunk);
    }),
  ];
  const over = new AbortController();
  const ended = end.finally(() => over.abort());
  ended.catch(() => undefined); // awaited below
  const never = new AbortController().signal;
  while (!over.signal.aborted) {
    // The two outputs take turns, so that a line of stdout never lands inside a line of stderr.
    for (const tail of tails) await link.call(({ fetch }) => tail.advance(fetch, never));
    await delay(lookEveryMs, over.signal);
  }
  const { state } = await ended;
  for (const tail of tails) {
    for (;;) {
      const { exists, bytes } = await link.call(({ fetch }) => tail.advance(fetch, never));
      if (!exists && state !== "CANCELED") throw new CliError(`the output ${tail.uri} is missing`);
      if (bytes === 0) break;
    }
  }
  return { stderrTail: stderrTail.toString("utf8") };
}
