import { expect, test } from "vitest";
import { watchSignals } from "./signals.ts";

function watched() {
  let at = 0;
  const exits: number[] = [];
  const signals = watchSignals({ exit: (code) => exits.push(code), now: () => at });
  return { signals, exits, after: (ms: number) => (at += ms) };
}

test("the first signal aborts, the same one from a wrapper right after it is ignored, and a later one ends the process", () => {
  const { signals, exits, after } = watched();
  using _ = signals;
  process.emit("SIGINT", "SIGINT");
  expect(signals.received).toBe("SIGINT");
  expect(signals.abort.reason).toMatchObject({ exitCode: 130 });
  after(300);
  process.emit("SIGINT", "SIGINT");
  expect(exits).toEqual([]);
  after(1);
  process.emit("SIGTERM", "SIGTERM");
  expect(exits).toEqual([143]);
  expect(signals.received).toBe("SIGINT");
});

test("SIGHUP is no end where it has another meaning", () => {
  let hangUps = 0;
  const exits: number[] = [];
  using signals = watchSignals({ onHangUp: () => hangUps++, exit: (code) => exits.push(code), now: () => 0 });
  for (let n = 0; n < 2; n++) process.emit("SIGHUP", "SIGHUP");
  expect([hangUps, signals.received, exits]).toEqual([2, undefined, []]);
});

test("the end of the terminal counts as SIGTERM", () => {
  const { signals } = watched();
  using _ = signals;
  process.emit("SIGHUP", "SIGHUP");
  expect(signals.received).toBe("SIGTERM");
  expect(signals.abort.reason).toMatchObject({ exitCode: 143 });
});
