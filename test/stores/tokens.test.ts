// How the store handles a request's token, tried with every call that takes a token.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TokenUse } from "../../src/domain/request-token.ts";
import { openStore } from "../../src/store/store.ts";
import type { Store } from "../../src/store/types.ts";
import { storedCalculation, storedMember, storedSession, storedWorkGroup } from "./entities.ts";

let store: Store;
beforeEach(async () => {
  store = await openStore(":memory:");
  await store.workGroups.insert(storedWorkGroup("primary"), []);
});
afterEach(() => store.close());

interface Case {
  /** Brings the store into a state in which the call is refused. */
  refusing: () => Promise<unknown>;
  /** Brings the store from there into a state in which the call succeeds. */
  mend: () => Promise<unknown>;
  call: (token: TokenUse | undefined) => Promise<unknown>;
  refusal: unknown;
  outcome: unknown;
}

const insertNotebook = (id: string, name: string, token?: TokenUse) =>
  store.notebooks.insert({ id, workGroup: "primary", name, createdAt: 1, modifiedAt: 1 }, "{}", token);
const insertSession = (id: string, token?: TokenUse) =>
  store.sessions.insert(storedSession(store.nodeId, id), { maxSessions: 1, token });
const idle = (id: string) => store.sessions.transition(id, "IDLE", { at: 1 });
const terminate = (id: string) => store.sessions.transition(id, "TERMINATING", { at: 1 });
let made = 0;
const newId = () => `new-${String(made++)}`;

const cases: Record<string, Case> = {
  "a session": {
    refusing: () => insertSession("other"),
    mend: () => terminate("other"),
    call: (token) => insertSession(newId(), token),
    refusal: "full",
    outcome: "inserted",
  },
  "a session that gets a pool member": {
    refusing: () => insertSession("other"),
    mend: async () => {
      await terminate("other");
      await store.drivers.insert(storedMember("member"));
    },
    call: (token) =>
      store.sessions.insert(storedSession(store.nodeId, newId()), { maxSessions: 1, drivers: ["member"], token }),
    refusal: "full",
    outcome: { driverId: "member" },
  },
  "a calculation": {
    refusing: () => insertSession("s"),
    mend: () => idle("s"),
    call: (token) => store.calculations.start(storedCalculation(newId(), "s"), token),
    refusal: { refused: "CREATING" },
    outcome: "started",
  },
  "a notebook": {
    refusing: () => insertNotebook("other", "taken"),
    mend: () => store.notebooks.delete("other"),
    call: (token) => insertNotebook(newId(), "taken", token),
    refusal: "nameTaken",
    outcome: "inserted",
  },
  "a notebook's content": {
    refusing: async () => {
      await insertNotebook("n", "n");
      await store.sessions.insert(storedSession(store.nodeId, "s", { notebookId: "n" }), {
        maxSessions: 1,
        token: undefined,
      });
    },
    mend: () => terminate("s"),
    call: (token) => store.notebooks.save("n", newId(), { at: 2, sessionId: undefined, token }),
    refusal: { inUseBy: "s" },
    outcome: "saved",
  },
  "a notebook's name": {
    refusing: async () => {
      await insertNotebook("n", "n");
      await insertNotebook("other", "taken");
    },
    mend: () => store.notebooks.delete("other"),
    call: (token) => store.notebooks.rename("n", "taken", { at: 2, token }),
    refusal: "nameTaken",
    outcome: "renamed",
  },
};

const token = (change: Partial<TokenUse> = {}): TokenUse => ({
  operation: "Operation",
  token: "t",
  digest: "d",
  answer: "first",
  at: 1,
  ...change,
});
const first = { digest: "d", answer: "first" };

describe.each(Object.entries(cases))("%s", (_, { refusing, mend, call, refusal, outcome }) => {
  test("that is refused leaves the token unused, also for many calls at once", async () => {
    await refusing();
    const refused = await Promise.all(Array.from({ length: 20 }, () => call(token())));
    expect(refused).toEqual(new Array(20).fill(refusal));
    expect(await store.tokens.find(token())).toBeUndefined();
    await mend();
    expect(await call(token())).toEqual(outcome);
  });

  test("is made once, and every later call with the token is told of the first, whatever it says itself", async () => {
    await refusing();
    await mend();
    const calls = Array.from({ length: 20 }, (_, n) =>
      call(token({ answer: n === 0 ? "first" : `call ${String(n)}` })),
    );
    expect(await Promise.all(calls)).toEqual([outcome, ...new Array<unknown>(19).fill(first)]);
    expect(await call(token({ digest: "other", answer: "later" }))).toEqual(first);
    expect(await store.tokens.find(token({ digest: "other" }))).toEqual(first);
  });

  test("is none of another operation's, nor of another token's", async () => {
    await refusing();
    const others = [token({ operation: "Other" }), token({ token: "other" }), undefined];
    for (const other of others) expect(await call(other)).toEqual(refusal);
    await mend();
    expect(await call(token())).toEqual(outcome);
    for (const other of others) {
      expect(await store.tokens.find(other)).toBeUndefined();
      expect(await call(other)).not.toEqual(first);
    }
  });
});
