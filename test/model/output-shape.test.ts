import { expect, test } from "vitest";
import { findOperation } from "../../src/protocol/model.ts";
import { faults } from "./output-shape.ts";

const status = findOperation("GetSessionStatus")?.output ?? expect.unreachable();

test("an answer as the model has it has no fault", () => {
  expect(faults({}, status)).toEqual([]);
  expect(faults({ SessionId: "a", Status: { State: "IDLE", StartDateTime: 1_790_000_000.25 } }, status)).toEqual([]);
});

test.each<[string, unknown, string]>([
  ["a null", { SessionId: null }, "answer.SessionId is not a string"],
  ["an unknown member", { Owl: 1 }, "answer.Owl is not in the model"],
  ["another type", { Status: [] }, "answer.Status is not a structure"],
  ["an unknown state", { Status: { State: "idle" } }, "answer.Status.State is none of"],
  ["an empty reason", { Status: { StateChangeReason: "" } }, "answer.Status.StateChangeReason is 0, not within 1"],
  ["a time in milliseconds", { Status: { StartDateTime: 1_790_000_000_250 } }, "is not in epoch seconds"],
  ["a time as text", { Status: { StartDateTime: "2026-11-24T00:00:00Z" } }, "is not in epoch seconds"],
])("%s is one", (_, answer, fault) => {
  expect(faults(answer, status)).toEqual([expect.stringContaining(fault)]);
});
