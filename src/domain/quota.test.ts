import fc from "fast-check";
import { expect, test } from "vitest";
import { dpusOf, quotaRefusal, type Quotas, type Usage } from "./quota.ts";

const nothing: Usage = { sessions: 0, dpus: 0 };
const some: Usage = { sessions: 2, dpus: 40 };

test.each<[Quotas, Usage, Usage, ReturnType<typeof quotaRefusal>]>([
  [{ maxSessions: 1 }, nothing, nothing, undefined],
  [{ maxSessions: 2 }, some, nothing, "full"],
  [{ maxSessions: 3, maxSessionsPerWorkGroup: 2 }, some, some, "workGroupFull"],
  [{ maxSessions: 3, maxSessionsPerWorkGroup: 2 }, some, nothing, undefined],
  [{ maxSessions: 3, maxDpus: 60 }, some, some, undefined],
  [{ maxSessions: 3, maxDpus: 59 }, some, nothing, "noDpus"],
  [{ maxSessions: 3, maxDpus: 60, maxDpusPerWorkGroup: 59 }, some, some, "noDpus"],
  [{ maxSessions: 3, maxDpus: 60, maxDpusPerWorkGroup: 20 }, some, nothing, undefined],
  [{ maxSessions: 3, maxDpus: 19 }, nothing, nothing, "noDpus"],
  [{ maxSessions: 2, maxSessionsPerWorkGroup: 2, maxDpus: 1 }, some, some, "full"],
])("with %j, %j in use and %j of it by the workgroup, 20 DPUs more: %s", (quotas, account, workGroup, expected) => {
  expect(quotaRefusal(quotas, 20, account, workGroup)).toBe(expected);
});

test("a session counts as the DPUs that it may grow to", () => {
  expect(dpusOf({ engineConfiguration: { MaxConcurrentDpus: 7 } })).toBe(7);
  expect(dpusOf({ engineConfiguration: {} })).toBe(20);
});

test("whatever comes in whatever order, no quota is ever exceeded, and nothing is refused that would fit", () => {
  const bound = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined });
  const quotas = fc.record({
    maxSessions: fc.integer({ min: 1, max: 8 }),
    maxSessionsPerWorkGroup: bound(5),
    maxDpus: bound(100),
    maxDpusPerWorkGroup: bound(60),
  });
  const arrival = fc.record({ workGroup: fc.constantFrom("a", "b"), dpus: fc.integer({ min: 2, max: 40 }) });
  const step = fc.oneof(arrival, fc.record({ leaves: fc.nat(7) }));
  fc.assert(
    fc.property(quotas, fc.array(step, { maxLength: 30 }), (bounds, steps) => {
      const given = JSON.parse(JSON.stringify(bounds)) as Quotas;
      const active: { workGroup: string; dpus: number }[] = [];
      const use = (of: typeof active) => ({ sessions: of.length, dpus: of.reduce((sum, { dpus }) => sum + dpus, 0) });
      const isWithin = () =>
        use(active).sessions <= given.maxSessions &&
        use(active).dpus <= (given.maxDpus ?? Infinity) &&
        ["a", "b"].every((name) => {
          const { sessions, dpus } = use(active.filter(({ workGroup }) => workGroup === name));
          return (
            sessions <= (given.maxSessionsPerWorkGroup ?? Infinity) && dpus <= (given.maxDpusPerWorkGroup ?? Infinity)
          );
        });
      for (const one of steps) {
        if ("leaves" in one) {
          active.splice(one.leaves, 1);
          continue;
        }
        const ofGroup = active.filter(({ workGroup }) => workGroup === one.workGroup);
        const refused = quotaRefusal(given, one.dpus, use(active), use(ofGroup));
        active.push(one);
        expect(isWithin()).toBe(refused === undefined);
        if (refused !== undefined) active.pop();
      }
    }),
  );
});
