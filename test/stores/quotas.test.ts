// Quotas are kept by the transaction that inserts a session, even if many sessions are inserted at once.
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { activeSessionStates } from "../../src/domain/session-state.ts";
import { dpusOf, type Quotas } from "../../src/domain/quota.ts";
import type { TokenUse } from "../../src/domain/request-token.ts";
import { openStore } from "../../src/store/store.ts";
import type { Store } from "../../src/store/types.ts";
import { storedSession, storedWorkGroup } from "./entities.ts";

let store: Store;

beforeEach(async () => {
  store = await openStore(":memory:");
  for (const name of ["a", "b"]) await store.workGroups.insert(storedWorkGroup(name), []);
});
afterEach(() => store.close());

const session = (id: string, workGroup = "a", dpus = 20) =>
  storedSession(store.nodeId, id, { workGroup, engineConfiguration: { MaxConcurrentDpus: dpus } });
const insert = (quotas: Quotas, ...given: Parameters<typeof session>) =>
  store.sessions.insert(session(...given), { ...quotas, token: undefined });
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${String(n)}`);
const counted = (results: readonly unknown[], wanted: unknown) => results.filter((one) => one === wanted).length;

describe("of 50 that start at once", () => {
  test("only as many sessions begin as may be active", async () => {
    const results = await Promise.all(names("s", 50).map((id) => insert({ maxSessions: 7 }, id)));
    expect([counted(results, "inserted"), counted(results, "full")]).toEqual([7, 43]);
  });

  test("only as many as may be in their workgroup", async () => {
    const quotas = { maxSessions: 40, maxSessionsPerWorkGroup: 5 };
    const [a, b] = await Promise.all(
      ["a", "b"].map((name) => Promise.all(names(name, 50).map((id) => insert(quotas, id, name)))),
    );
    for (const results of [a, b])
      expect([counted(results!, "inserted"), counted(results!, "workGroupFull")]).toEqual([5, 45]);
  });

  test("only as many as there are DPUs for, in all or in their workgroup", async () => {
    const quotas = { maxSessions: 50, maxDpus: 100, maxDpusPerWorkGroup: 70 };
    const a = await Promise.all(names("a", 50).map((id) => insert(quotas, id)));
    const b = await Promise.all(names("b", 50).map((id) => insert(quotas, id, "b")));
    expect([counted(a, "inserted"), counted(a, "noDpus")]).toEqual([3, 47]);
    expect([counted(b, "inserted"), counted(b, "noDpus")]).toEqual([2, 48]);
  });

  test.each([1, 50])(
    "with one token, one begins and all learn of it, also where only %i may be active",
    async (maxSessions) => {
      const token = (answer: string): TokenUse => ({
        operation: "StartSession",
        token: "t",
        digest: "d",
        answer,
        at: 1,
      });
      const calls = names("s", 50).map((id) => store.sessions.insert(session(id), { maxSessions, token: token(id) }));
      const results = await Promise.all(calls);
      expect(counted(results, "inserted")).toBe(1);
      const winner = `s${String(results.indexOf("inserted"))}`;
      expect(results.filter((one) => typeof one === "object" && "answer" in one).map(({ answer }) => answer)).toEqual(
        new Array(49).fill(winner),
      );
      const retry = await store.sessions.insert(session("later"), { maxSessions, token: token("later") });
      expect(retry).toMatchObject({ answer: winner });
    },
  );
});

test("the place of a session, and its DPUs, are free as soon as it is TERMINATING or FAILED", async () => {
  const quotas = { maxSessions: 2, maxDpus: 40 };
  for (const id of ["one", "two"]) expect(await insert(quotas, id)).toBe("inserted");
  expect(await insert(quotas, "three")).toBe("full");
  await store.sessions.transition("one", "TERMINATING", { at: 2 });
  expect(await insert(quotas, "three")).toBe("inserted");
  await store.sessions.transition("two", "FAILED", { at: 2 });
  expect(await insert({ maxSessions: 9, maxDpus: 40 }, "four", "a", 21)).toBe("noDpus");
  expect(await insert({ maxSessions: 9, maxDpus: 40 }, "four", "b", 20)).toBe("inserted");
});

test("a session that fails as soon as it begins takes no place", async () => {
  await insert({ maxSessions: 1, maxDpus: 20 }, "one");
  const failed = { ...session("two"), state: "FAILED", endedAt: 1 } as const;
  expect(await store.sessions.insert(failed, { maxSessions: 1, maxDpus: 20, token: undefined })).toBe("inserted");
});

test("a refusal leaves the token unused, whichever quota it was", async () => {
  const token = { operation: "StartSession", token: "t", digest: "d", answer: "x", at: 1 };
  const quotas: Quotas[] = [
    { maxSessions: 0 },
    { maxSessions: 9, maxSessionsPerWorkGroup: 0 },
    { maxSessions: 9, maxDpus: 19 },
  ];
  for (const bounds of quotas) await store.sessions.insert(session("x"), { ...bounds, token });
  expect(await store.tokens.find({ operation: "StartSession", token: "t" })).toBeUndefined();
});

test("whatever starts and ends at once, and whatever the quotas, none is ever exceeded", async () => {
  const bound = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: Infinity });
  const quotas = fc.record({
    maxSessions: fc.integer({ min: 1, max: 6 }),
    maxSessionsPerWorkGroup: bound(4),
    maxDpus: bound(90),
    maxDpusPerWorkGroup: bound(60),
  });
  const start = fc.record({ workGroup: fc.constantFrom("a", "b"), dpus: fc.integer({ min: 2, max: 40 }) });
  const step = fc.oneof({ weight: 3, arbitrary: start }, fc.record({ ends: fc.nat(9) }));
  let made = 0;
  await fc.assert(
    fc.asyncProperty(quotas, fc.array(fc.array(step, { maxLength: 8 }), { maxLength: 5 }), async (bounds, batches) => {
      for (const batch of batches) {
        const active = await store.sessions.inStates(activeSessionStates);
        await Promise.all(
          batch.map((one) => {
            if (!("ends" in one)) return insert(bounds, `s${String(made++)}`, one.workGroup, one.dpus);
            const id = active[one.ends]?.id ?? "nobody";
            return store.sessions.transition(id, "TERMINATING", { at: 2 });
          }),
        );
        const now = await store.sessions.inStates(activeSessionStates);
        const dpus = (of: typeof now) => of.reduce((sum, one) => sum + dpusOf(one), 0);
        expect(now.length).toBeLessThanOrEqual(bounds.maxSessions);
        expect(dpus(now)).toBeLessThanOrEqual(bounds.maxDpus);
        for (const name of ["a", "b"]) {
          const ofGroup = now.filter(({ workGroup }) => workGroup === name);
          expect(ofGroup.length).toBeLessThanOrEqual(bounds.maxSessionsPerWorkGroup);
          expect(dpus(ofGroup)).toBeLessThanOrEqual(bounds.maxDpusPerWorkGroup);
        }
      }
      const left = await store.sessions.inStates(activeSessionStates);
      await Promise.all(left.map(({ id }) => store.sessions.transition(id, "TERMINATING", { at: 3 })));
    }),
    { numRuns: 60 },
  );
});
