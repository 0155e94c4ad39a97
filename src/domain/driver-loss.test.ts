import { expect, test } from "vitest";
import { calculationTransitions } from "./calculation-state.ts";
import { calculationEnd, judgeLoss, type DriverFate, type LossAnswer, type LossFacts } from "./driver-loss.ts";
import { isClaimPending } from "./pending-claim.ts";
import { isSessionOver, sessionTransitions } from "./session-state.ts";

const why = "its last words";
const fates = {
  alive: { is: "alive" },
  late: { is: "late", withinMs: 5_000, lastLines: "half-way" },
  ending: { is: "ending", why },
  gone: { is: "gone", why },
  unstarted: { is: "unstarted", why },
  unknown: { is: "unknown" },
  elsewhere: { is: "elsewhere" },
} as const satisfies { [Is in DriverFate["is"]]: Extract<DriverFate, { is: Is }> };
const sessions = Object.keys(sessionTransitions) as (keyof typeof sessionTransitions)[];
const calculations = ["RUNNING", "CANCELING"] as const;

const all: LossFacts[] = [null, ...sessions].flatMap((session) =>
  [true, false].flatMap((isPending) =>
    Object.values(fates).map((driver) => ({ session, isClaimPending: isPending, driver })),
  ),
);
const canBecome = (session: LossFacts["session"], to: string) =>
  session !== null && (sessionTransitions[session] as readonly string[]).includes(to);
const isOver = (session: LossFacts["session"]) => session === null || isSessionOver(session);

/**
 * Asserts that `holds` is true for every combination of facts. A failure lists the facts for which it is
 * false.
 */
function always(holds: (facts: LossFacts, answer: LossAnswer) => boolean): void {
  expect(all.filter((facts) => !holds(facts, judgeLoss(facts)))).toEqual([]);
}

test("the product is whole", () => {
  expect(all).toHaveLength(9 * 2 * 7);
});

test("a session gets another driver only in CREATING, and never in the place of one that lives and is in time", () => {
  always(({ session, driver }, answer) => answer.do !== "replace" || (session === "CREATING" && driver.is !== "alive"));
});

test("a session whose claim is pending never fails: what is lost is replaced", () => {
  always(({ session, isClaimPending: isPending, driver }, answer) => {
    if (session !== "CREATING" || !isPending) return true;
    return answer.do === (["alive", "elsewhere"].includes(driver.is) ? "ignore" : "replace");
  });
});

test("where no claim is pending, only a driver that was never there is replaced", () => {
  always(({ isClaimPending: isPending, driver }, answer) => {
    return isPending || answer.do !== "replace" || driver.is === "unknown";
  });
});

test("a session that is being terminated never fails, and is ended whatever has become of its driver", () => {
  always(
    ({ session, driver }, answer) =>
      session !== "TERMINATING" || answer.do === (driver.is === "elsewhere" ? "ignore" : "end"),
  );
});

test("of a driver in a place that is not reached nothing is decided", () => {
  always(({ driver }, answer) => driver.is !== "elsewhere" || answer.do === "ignore");
});

test("each session that is not over is answered by something that its state allows", () => {
  always(({ session }, answer) => {
    if (isOver(session) || session === "CREATED") return true;
    if (answer.do === "fail") return canBecome(session, "FAILED");
    return answer.do !== "end" || canBecome(session, "TERMINATED");
  });
});

test("what is over stays so: an answer that was carried out is given again, and never the contrary", () => {
  always(({ session }, answer) => session !== "FAILED" || answer.do !== "replace");
  always(({ session }, answer) => session !== "TERMINATED" || ["end", "ignore"].includes(answer.do));
  always(({ isClaimPending: isPending, driver }, answer) => {
    const after = { fail: "FAILED", end: "TERMINATED", replace: null, ignore: null } as const;
    const session = after[answer.do];
    if (session === null || driver.is === "late" || driver.is === "unknown") return true;
    return judgeLoss({ session, isClaimPending: isPending, driver }).do === answer.do;
  });
});

test("a driver that no session has, or whose session is over, must not stay; what is gone of one is ignored", () => {
  always(({ session, driver }, answer) => !isOver(session) || driver.is !== "alive" || answer.do === "end");
  always(({ session, driver }, answer) => session !== null || driver.is === "alive" || answer.do === "ignore");
});

test("a driver that lives costs no session its life, but by its deadline or by its own word", () => {
  always(({ driver }, answer) => driver.is !== "alive" || answer.do === "ignore" || answer.do === "end");
  always(({ session, driver }, answer) => driver.is !== "late" || session === "CREATING" || answer.do !== "fail");
});

test("no session stays without a driver: what is lost of an active one is answered", () => {
  always(({ session, driver }, answer) => {
    const isLost = !["alive", "late", "elsewhere"].includes(driver.is);
    return isOver(session) || !isLost || answer.do !== "ignore";
  });
});

test("the claim counts in CREATING only", () => {
  always((facts, answer) => {
    const other = judgeLoss({ ...facts, isClaimPending: !facts.isClaimPending });
    return facts.session === "CREATING" || JSON.stringify(other) === JSON.stringify(answer);
  });
});

test("each failure has a reason, which the API's model takes", () => {
  const long = "x".repeat(5_000);
  for (const facts of all) {
    const driver = { ...facts.driver, ...("why" in facts.driver ? { why: long } : {}), lastLines: long };
    for (const answer of [judgeLoss(facts), judgeLoss({ ...facts, driver })])
      if (answer.do === "fail") expect(answer.reason?.length).toSatisfy((length) => length > 0 && length <= 1_024);
  }
});

test("a calculation ends with its session, along the table of its states, and only then", () => {
  for (const facts of all) {
    const answer = judgeLoss(facts);
    for (const calculation of calculations) {
      const end = calculationEnd(answer, calculation);
      expect(end !== null).toBe(answer.do === "fail" || answer.do === "end");
      if (end === null) continue;
      expect(calculationTransitions[calculation]).toContain(end.state);
      if (answer.do === "end") expect(end.state).toBe("CANCELED");
    }
  }
});

const claimed = { isClaimPending: true };
const failed = (text: string): LossAnswer => ({ do: "fail", reason: text });
const replaced = (text: string): LossAnswer => ({ do: "replace", why: text });
const ended: LossAnswer = { do: "end", reason: "Session was terminated per request" };
const ignored: LossAnswer = { do: "ignore" };
const notReady = "The session was not ready within 5 s. Last lines of its log: half-way";
const noAnswer = "the pool member that was given to it did not answer";
const memberDied = "the pool member that was given to it died";
const restarted = "the server was restarted meanwhile";

test.each<[string, Partial<LossFacts> & Pick<LossFacts, "session" | "driver">, LossAnswer]>([
  ["a driver that serves its session", { session: "IDLE", driver: fates.alive }, ignored],
  ["one whose boot or claim goes on", { session: "CREATING", driver: fates.alive, ...claimed }, ignored],
  ["one of a session that was terminated", { session: "TERMINATING", driver: fates.alive }, ended],
  ["one of a session that is over", { session: "FAILED", driver: fates.alive }, ended],
  ["one that no session has", { session: null, driver: fates.alive }, ended],

  ["a boot that does not end", { session: "CREATING", driver: fates.late }, failed(notReady)],
  ["a claim that is not answered", { session: "CREATING", driver: fates.late, ...claimed }, replaced(noAnswer)],
  ["one that was ready while its deadline passed", { session: "IDLE", driver: fates.late }, ignored],

  ["a JVM that died under a calculation", { session: "BUSY", driver: fates.ending }, failed(why)],
  ["a JVM that was given up", { session: "DEGRADED", driver: fates.ending }, failed(why)],
  ["a shutdown of a session that was terminated", { session: "TERMINATING", driver: fates.ending }, ended],

  ["a boot that fails", { session: "CREATING", driver: fates.gone }, failed(why)],
  ["a member that dies at its claim", { session: "CREATING", driver: fates.gone, ...claimed }, replaced(memberDied)],
  ["a supervisor that is killed", { session: "IDLE", driver: fates.gone }, failed(why)],
  ["… under a calculation", { session: "BUSY", driver: fates.gone }, failed(why)],
  ["… when it was silent", { session: "DEGRADED", driver: fates.gone }, failed(why)],
  ["… whose session was failed before", { session: "FAILED", driver: fates.gone }, failed(why)],
  ["the end of a session that was terminated", { session: "TERMINATING", driver: fates.gone }, ended],
  ["… told again", { session: "TERMINATED", driver: fates.gone }, ended],
  ["one whose session has got another one", { session: null, driver: fates.gone }, ignored],

  [
    "no engine, or no memory",
    { session: "CREATING", driver: fates.unstarted },
    failed(`The session could not be started: ${why}`),
  ],

  ["a server that died before it had started one", { session: "CREATING", driver: fates.unknown }, replaced(restarted)],
  ["a database that was put back", { session: "IDLE", driver: fates.unknown }, failed("The session's driver is gone")],
  ["… of a session that was terminated", { session: "TERMINATING", driver: fates.unknown }, ended],
  ["… of a session that is over", { session: "TERMINATED", driver: fates.unknown }, ignored],
])("%s", (_name, facts, answer) => {
  expect(judgeLoss({ isClaimPending: false, ...facts })).toEqual(answer);
});

test.each([
  ["RUNNING", failed(why), { state: "FAILED", reason: why }],
  ["CANCELING", failed(why), { state: "CANCELED", reason: why }],
  ["RUNNING", ended, { state: "CANCELED", reason: "Calculation was canceled because its session was terminated" }],
  ["CANCELING", ended, { state: "CANCELED", reason: "Calculation was canceled because its session was terminated" }],
] as const)("a calculation that is %s when the answer is %j", (calculation, answer, end) => {
  expect(calculationEnd(answer, calculation)).toEqual(end);
});

test("a claim is pending of a member of the pool whose session is CREATING", () => {
  const pending = sessions.filter((state) => isClaimPending({ isFromPool: true }, { state }));
  expect(pending).toEqual(["CREATING"]);
  expect(sessions.some((state) => isClaimPending({ isFromPool: false }, { state }))).toBe(false);
  expect(isClaimPending({ isFromPool: true }, undefined)).toBe(false);
});
