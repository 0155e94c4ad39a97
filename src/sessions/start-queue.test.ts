import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StartQueue, type MemoryGuard } from "./start-queue.ts";

const never = new AbortController().signal;
const isSettled = async (promise: Promise<unknown>) => {
  const pending = Symbol();
  await new Promise(setImmediate);
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
};
const memory = (mb: () => number): MemoryGuard => ({
  read: () => ({ totalMb: 8000, availableMb: mb() }),
  memoryReserveMb: 100,
  driverMemoryMb: 1000,
});

describe("turns", () => {
  test("come in order, as many at once as the limit says", async () => {
    const queue = new StartQueue({ maxStartingSessions: 2, memory: undefined });
    const turns = [1, 2, 3, 4].map(() => queue.turn(never));
    const [first, second] = [await turns[0], await turns[1]];
    expect(await isSettled(turns[2]!)).toBe(false);
    second![Symbol.dispose]();
    second![Symbol.dispose](); // disposing twice must not free two turns
    expect(await isSettled(turns[2]!)).toBe(true);
    expect(await isSettled(turns[3]!)).toBe(false);
    first![Symbol.dispose]();
    expect(await isSettled(turns[3]!)).toBe(true);
  });

  test("are given up by who leaves, whether it waits or has not asked yet", async () => {
    const queue = new StartQueue({ maxStartingSessions: 1, memory: undefined });
    const first = await queue.turn(never);
    const leaver = new AbortController();
    const [second, third] = [queue.turn(leaver.signal), queue.turn(never)];
    leaver.abort();
    expect(await second).toBeUndefined();
    expect(await queue.turn(leaver.signal)).toBeUndefined();
    first![Symbol.dispose]();
    expect(await third).toBeDefined();
  });

  test("are not taken from one who leaves too late", async () => {
    const queue = new StartQueue({ maxStartingSessions: 1, memory: undefined });
    const late = new AbortController();
    const first = await queue.turn(late.signal);
    late.abort();
    const second = queue.turn(never);
    expect(await isSettled(second)).toBe(false);
    first![Symbol.dispose]();
    expect(await second).toBeDefined();
  });

  test("wait for starts that were under way before, which do not wait themselves", async () => {
    const queue = new StartQueue({ maxStartingSessions: 1, memory: undefined });
    const joined = [queue.joined(), queue.joined()];
    const turn = queue.turn(never);
    joined[0]![Symbol.dispose]();
    expect(await isSettled(turn)).toBe(false);
    joined[1]![Symbol.dispose]();
    expect(await turn).toBeDefined();
  });

  test("whoever comes, leaves and ends: never more than the limit, and nobody is forgotten", async () => {
    const step = fc.constantFrom("come", "end", "leave");
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 40 }), async (limit, steps) => {
        const queue = new StartQueue({ maxStartingSessions: limit, memory: undefined });
        const held: Disposable[] = [];
        const waiting: AbortController[] = [];
        const failures: unknown[] = [];
        for (const one of steps) {
          if (one === "end") held.shift()?.[Symbol.dispose]();
          else if (one === "leave") waiting.at(-1)?.abort();
          else {
            const leaver = new AbortController();
            waiting.push(leaver);
            const come = async () => {
              const turn = await queue.turn(leaver.signal);
              waiting.splice(waiting.indexOf(leaver), 1);
              if (turn) held.push(turn);
            };
            come().catch((error: unknown) => failures.push(error));
          }
          await new Promise(setImmediate);
          expect(held.length).toBeLessThanOrEqual(limit);
          expect(waiting.length > 0 && held.length < limit).toBe(false);
          expect(failures).toEqual([]);
        }
      }),
    );
  });
});

describe("memory", () => {
  test("that is too little refuses, with the numbers and the settings", async () => {
    const queue = new StartQueue({ maxStartingSessions: 9, memory: memory(() => 1611) });
    await expect(queue.turn(never)).rejects.toThrow(
      "too little memory. A session may take 1512 MiB: a heap of 1000 (GLAUX_DRIVER_MEMORY_MB) and 512 beside it. " +
        "1611 of 8000 MiB are available, and 100 are kept free (GLAUX_MEMORY_RESERVE_MB; ",
    );
    expect(await new StartQueue({ maxStartingSessions: 9, memory: memory(() => 1612) }).turn(never)).toBeDefined();
  });

  test("that what is starting may take is not given twice: the next one waits, and then sees what is left", async () => {
    let mb = 2000;
    const queue = new StartQueue({ maxStartingSessions: 9, memory: memory(() => mb) });
    const first = await queue.turn(never);
    const [second, third] = [queue.turn(never), queue.turn(never)];
    expect(await isSettled(second)).toBe(false);
    mb = 1700; // the first driver is up and took less memory than it might
    first![Symbol.dispose]();
    const turn = await second;
    mb = 1300;
    turn![Symbol.dispose]();
    await expect(third).rejects.toThrow("1300 of 8000 MiB are available");
  });

  test("that an end gives back is waited for", async () => {
    let mb = 500;
    const queue = new StartQueue({ maxStartingSessions: 9, memory: memory(() => mb) });
    const end = queue.ending();
    const turn = queue.turn(never);
    expect(await isSettled(turn)).toBe(false);
    mb = 2000;
    end[Symbol.dispose]();
    expect(await turn).toBeDefined();
  });

  test("that others only keep ready is made free first, as often as it takes", async () => {
    let mb = 500;
    const room = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const asked = [...room];
    const queue = new StartQueue({
      maxStartingSessions: 9,
      memory: memory(() => mb),
      giveWay: () => asked.shift()?.promise,
    });
    const [turn, next] = [queue.turn(never), queue.turn(never)];
    for (const { resolve } of room) {
      expect(await isSettled(turn)).toBe(false);
      mb += 600;
      resolve(undefined);
    }
    expect(await turn).toBeDefined();
    mb = 100;
    (await turn)![Symbol.dispose]();
    await expect(next).rejects.toThrow("100 of 8000 MiB are available");
  });

  test("that the machine does not tell refuses nobody", async () => {
    const queue = new StartQueue({ maxStartingSessions: 9, memory: memory(() => Infinity) });
    expect(await queue.turn(never)).toBeDefined();
  });
});
