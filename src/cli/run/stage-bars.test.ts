import fc from "fast-check";
import { expect, test } from "vitest";
import { maxColumns } from "./columns.ts";
import { stageBars } from "./stage-bars.ts";

test("a bar for each active stage, the oldest first", () => {
  const stages = [
    { stageId: 4, name: "collect at <stdin>:3", completed: 12, total: 12 },
    { stageId: 3, name: "sum at <stdin>:2", completed: 3, total: 12 },
    { stageId: 5, name: "waiting", completed: 0, total: 0 },
  ];
  expect(stageBars({ stages }, 80)).toEqual([
    "Stage 3 [======>                 ] 3/12  sum at <stdin>:2",
    "Stage 4 [========================] 12/12  collect at <stdin>:3",
    "Stage 5 [                        ] 0/0  waiting",
  ]);
});

test("many stages do not fill the screen", () => {
  const stages = Array.from({ length: 40 }, (_, stageId) => ({ stageId, name: "", completed: 0, total: 1 }));
  const lines = stageBars({ stages }, 80);
  expect(lines).toHaveLength(7);
  expect(lines.at(-1)).toBe("... and 34 more stages");
});

test("whatever a stage is called, its line is one line of printable characters, and no longer than the terminal", () => {
  const stage = fc.record({
    stageId: fc.nat(),
    name: fc.string({ unit: "binary" }),
    completed: fc.nat(),
    total: fc.nat(),
  });
  fc.assert(
    fc.property(stage, fc.integer({ min: 70, max: 300 }), (one, columns) => {
      const [line = ""] = stageBars({ stages: [one] }, columns);

      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      expect(maxColumns(line)).toBeLessThanOrEqual(columns);
    }),
  );
});
