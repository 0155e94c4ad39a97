import fc from "fast-check";
import { expect, test } from "vitest";
import { dpusOf, quotaRefusal, type Quotas, type Usage } from "./quota.ts";

const nothing: Usage = { sessions: 0, dpus: 0 };
const some: Usage = { sessions: 2, dpus: 40 };

test.each<[Quotas, Usage, Usage, ReturnType<typeof quotaRefusal>]>([
  [{ limit: 1 }, nothing, nothing, undefined],
  [{ limit: 2 }, some, nothing, "full"],
  [{ limit: 3, workGroupLimit: 2 }, some, some, "workGroupFull"],
  [{ limit: 3, workGroupLimit: 2 }, some, nothing, undefined],
  [{ limit: 3, dpuLimit: 60 }, some, some, undefined],
  [{ limit: 3, dpuLimit: 59 }, some, nothing, "noDpus"],
  [{ limit: 3, dpuLimit: 60, workGroupDpuLimit: 59 }, some, some, "noDpus"],
  [{ limit: 3, dpuLimit: 60, workGroupDpuLimit: 20 }, some, nothing, undefined],
  [{ limit: 3, dpuLimit: 19 }, nothing, nothing, "noDpus"],
  [{ limit: 2, workGroupLimit: 2, dpuLimit: 1 }, some, some, "full"],
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
    limit: fc.integer({ min: 1, max: 8 }),
    workGroupLimit: bound(5),
    dpuLimit: bound(100),
    workGroupDpuLimit: bound(60),
  });
  const arrival = fc.record({ workGroup: fc.constantFrom("a", "b"), dpus: fc.integer({ min: 2, max: 40 }) });
  const step = fc.oneof(arrival, fc.record({ leaves: fc.nat(7) }));
  fc.assert(
    fc.property(quotas, fc.array(step, { maxLength: 30 }), (bounds, steps) => {
      const given = JSON.parse(JSON.stringify(bounds)) as Quotas;
      const active: { workGroup: string; dpus: number }[] = [];
      const use = (of: typeof active) => ({ sessions: of.length, dpus: of.reduce((sum, { dpus }) => sum + dpus, 0) });
      const isWithin = () =>
        use(active).sessions <= given.limit &&
        use(active).dpus <= (given.dpuLimit ?? Infinity) &&
        ["a", "b"].every((name) => {
          const { sessions, dpus } = use(active.filter(({ workGroup }) => workGroup === name));
          return sessions <= (given.workGroupLimit ?? Infinity) && dpus <= (given.workGroupDpuLimit ?? Infinity);
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
