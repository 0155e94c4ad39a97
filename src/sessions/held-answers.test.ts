import { expect, test } from "vitest";
import { changeHub } from "../lib/change-hub.ts";
import { heldAnswers } from "./held-answers.ts";

const never = new AbortController().signal;

function setUp() {
  let at = 1_000;
  const hub = changeHub();
  const state = { value: "CREATING" };
  const read = () => Promise.resolve({ state: state.value });
  const held = heldAnswers(hub, () => at);
  return {
    hub,
    held,
    state,
    pass: (ms: number) => {
      at += ms;
    },
    read: async (signal = never) => (await held.read("s", read, (value) => value === "IDLE", signal)).state,
  };
}

test("an untouched object is answered at once", async () => {
  expect(await setUp().read()).toBe("CREATING");
});

test("a touched one is answered when it becomes final", async () => {
  const { hub, held, state, read } = setUp();
  held.touched("s");
  const answer = read();
  hub.notify("s"); // a change, but not to a final state
  await Promise.resolve();
  state.value = "IDLE";
  hub.notify("s");
  expect(await answer).toBe("IDLE");
});

test("three seconds after the touch nothing is held", async () => {
  const { held, pass, read } = setUp();
  held.touched("s");
  pass(3_000);
  expect(await read()).toBe("CREATING");
});

test("a client that goes away, and a server that drains, release what is held", async () => {
  const { held, read } = setUp();
  held.touched("s");
  const client = new AbortController();
  const answer = read(client.signal);
  client.abort();
  expect(await answer).toBe("CREATING");
  const other = read();
  held.release();
  expect(await other).toBe("CREATING");
  expect(await read()).toBe("CREATING");
});

test("any change of state releases the answer, a change of something else does not", async () => {
  const { hub, held, state, read } = setUp();
  held.touched("s");
  const answer = read();
  await Promise.resolve();
  hub.notify("s");
  state.value = "TERMINATING";
  hub.notify("s");
  expect(await answer).toBe("TERMINATING");
});

test("the answer to a start waits for a final state, but not long, and not while the server drains", async () => {
  const { hub, held, state } = setUp();
  const soon = (withinMs: number) =>
    held.soon(
      "s",
      () => Promise.resolve({ state: state.value }),
      (value) => value === "IDLE",
      withinMs,
    );
  expect((await soon(0)).state).toBe("CREATING");
  const answer = soon(60_000);
  state.value = "STARTED"; // a change that is not final
  hub.notify("s");
  state.value = "IDLE";
  hub.notify("s");
  expect((await answer).state).toBe("IDLE");
  state.value = "CREATING";
  const released = soon(60_000);
  held.release();
  expect((await released).state).toBe("CREATING");
  expect((await soon(60_000)).state).toBe("CREATING");
});
