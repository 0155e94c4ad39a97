import { expect, test } from "vitest";
import type { Driver } from "../drivers/types.ts";
import { maxPauseMs, Member } from "./member.ts";

function setUp() {
  const sent: string[] = [];
  const driver = {
    id: "d",
    pause: () => sent.push("pause"),
    resume: () => sent.push("resume"),
  } as unknown as Driver;
  const member = new Member(driver, { kind: "k", shape: { engineId: "3.5", conf: {}, jars: [] }, at: 1_000 });
  return { member, sent };
}

test("it stands still and goes on, and that time does not count as boot time", () => {
  const { member, sent } = setUp();
  expect(member.standStill(true, 2_000)).toBe(true);
  expect(member.standStill(true, 3_000)).toBe(false);
  expect(member.view(4_000)).toMatchObject({ state: "booting", since: 3_000 });
  expect(member.standStill(false, 5_000)).toBe(true);
  expect(member.view(9_000)).toMatchObject({ since: 4_000 });
  expect(sent).toEqual(["pause", "resume"]);
});

test("it stands still no longer than 30 s in all", () => {
  const { member, sent } = setUp();
  member.standStill(true, 2_000);
  member.standStill(false, 12_000);
  member.standStill(true, 20_000);
  expect(member.pauseEndsAt).toBe(20_000 + maxPauseMs - 10_000);
  expect(member.standStill(true, 40_000)).toBe(true);
  expect(member.standStill(true, 50_000)).toBe(false);
  expect(sent).toEqual(["pause", "resume", "pause", "resume"]);
});

test("one that is ready does not stand still", () => {
  const { member, sent } = setUp();
  member.state = "ready";
  expect(member.standStill(true, 2_000)).toBe(false);
  expect(sent).toEqual([]);
});

test("a new connection is told again", () => {
  const { member, sent } = setUp();
  member.standStill(true, 2_000);
  member.connected({ canRaisePriority: false });
  expect(member.canRaisePriority).toBe(false);
  expect(sent).toEqual(["pause", "pause"]);
});
