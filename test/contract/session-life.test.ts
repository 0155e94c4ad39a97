// A session from its start to its end: what it says of itself at every stage, who may start a calculation,
// and what is left of it.
import { createServer } from "node:net";
import {
  GetCalculationExecutionCommand,
  GetSessionCommand,
  GetSessionStatusCommand,
  ListCalculationExecutionsCommand,
  StartCalculationExecutionCommand,
  StartSessionCommand,
  StopCalculationExecutionCommand,
  TerminateSessionCommand,
} from "@aws-sdk/client-athena";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { refusalOf } from "../support/refusal.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { isLoopback, listeningAddresses, sessionPids, unixSockets } from "../support/session-traces.ts";
import { step } from "../support/step.ts";
import { waitFor } from "../support/wait-for.ts";

let server: TestServer;
let user: AthenaUser;
/** For what sessions do while they live. */
let lasting: string;

beforeAll(async () => {
  server = await startServer();
  user = athenaUser(server);
  lasting = await user.idleSession();
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const own = <T>(found: readonly T[], before: readonly T[]) => found.filter((one) => !before.includes(one));
const tokenOf = (text: string) => text.padEnd(32, "-");
const sleeping = "import time\nprint('begun')\ntime.sleep(600)";
const busy = "Session is in the BUSY state; needs to be IDLE to accept Calculations.";

test("a session from its start to its end", async () => {
  const before = { pids: sessionPids(server), sockets: unixSockets(server.home) };

  const session = await step(
    "starts in CREATING, refuses calculations, and says what it was started with",
    async () => {
      const startedAt = Date.now();
      const started = await user.athena.send(
        new StartSessionCommand({
          WorkGroup: "primary",
          Description: "life",
          EngineConfiguration: { MaxConcurrentDpus: 4, SparkProperties: { "spark.sql.shuffle.partitions": "3" } },
          SessionIdleTimeoutInMinutes: 7,
          ClientRequestToken: tokenOf("life"),
        }),
      );
      const id = started.SessionId!;
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(started.State).toBe("CREATING");
      expect((await refusalOf(user.start(id, "1"))).message).toBe(
        "Session is in the CREATING state; needs to be IDLE to accept Calculations.",
      );
      const shown = await user.athena.send(new GetSessionCommand({ SessionId: id }));
      expect(shown).toMatchObject({
        SessionId: id,
        Description: "life",
        WorkGroup: "primary",
        EngineVersion: "Apache Spark version 3.5",
        EngineConfiguration: {
          CoordinatorDpuSize: 1,
          DefaultExecutorDpuSize: 1,
          MaxConcurrentDpus: 4,
          SparkProperties: { "spark.sql.shuffle.partitions": "3" },
        },
        SessionConfiguration: {
          IdleTimeoutSeconds: 420,
          SessionIdleTimeoutInMinutes: 7,
          WorkingDirectory: `s3://glaux-000000000000/${id}`,
        },
        Status: { State: "CREATING" },
        Statistics: { DpuExecutionInMillis: 0 },
      });
      expect(shown.Status!.StartDateTime!.getTime()).toBeGreaterThanOrEqual(startedAt);
      expect(shown.Status).not.toHaveProperty("EndDateTime");
      expect(shown.Status).not.toHaveProperty("IdleSinceDateTime");
      expect(shown.Status).not.toHaveProperty("StateChangeReason");
      return id;
    },
  );

  await step("shows only CREATING before IDLE, and since when it is idle", async () => {
    const seen = new Set<string>();
    await waitFor("IDLE", async () => {
      const { State } = await user.sessionStatus(session);
      seen.add(State!);
      return State === "IDLE" ? true : undefined;
    });
    expect([...seen].filter((state) => state !== "CREATING")).toEqual(["IDLE"]);
    const status = await user.sessionStatus(session);
    expect(status.IdleSinceDateTime!.getTime()).toBeGreaterThanOrEqual(status.StartDateTime!.getTime());
    expect(status.LastModifiedDateTime!.getTime()).toBeGreaterThanOrEqual(status.StartDateTime!.getTime());
    expect(status).not.toHaveProperty("EndDateTime");
  });

  await step("has the Spark properties that it was started with", async () => {
    expect(await user.print(session, "print(spark.conf.get('spark.sql.shuffle.partitions'))")).toBe("3\n");
  });

  await step("answers the same StartSession with the same id, and refuses another one with its token", async () => {
    const input = {
      WorkGroup: "primary",
      Description: "life",
      EngineConfiguration: { MaxConcurrentDpus: 4, SparkProperties: { "spark.sql.shuffle.partitions": "3" } },
      SessionIdleTimeoutInMinutes: 7,
      ClientRequestToken: tokenOf("life"),
    };
    expect(await user.athena.send(new StartSessionCommand(input))).toMatchObject({ SessionId: session, State: "IDLE" });
    const changed = user.athena.send(new StartSessionCommand({ ...input, Description: "another" }));
    expect(await refusalOf(changed)).toMatchObject({
      name: "InvalidRequestException",
      message: "Idempotent parameters do not match",
      members: { AthenaErrorCode: "IDEMPOTENT_PARAMETER_MISMATCH" },
    });
  });

  await step("keeps the error of code that fails", async () => {
    expect(await user.run(session, "1 / 0")).toMatchObject({ state: "FAILED" });
  });

  await step(
    "is terminated while a calculation runs: it is canceled and says why, and nothing of the session is left",
    async () => {
      const calculation = await user.start(session, `import os\nos.system('setsid sleep 600 &')\n${sleeping}`);
      const { WorkingDirectory } = await user.athena.send(
        new GetCalculationExecutionCommand({ CalculationExecutionId: calculation }),
      );
      await waitFor("the beginning", async () =>
        (await user.text(`${WorkingDirectory!}/stdout`).catch(() => "")).includes("begun") ? true : undefined,
      );
      expect(own(sessionPids(server), before.pids).length).toBeGreaterThanOrEqual(4);
      expect(own(unixSockets(server.home), before.sockets).length).toBeGreaterThanOrEqual(1);

      const terminatedAt = Date.now();
      expect((await user.athena.send(new TerminateSessionCommand({ SessionId: session }))).State).toBe("TERMINATING");
      const seen = new Set<string>();
      await waitFor("TERMINATED", async () => {
        const { State } = await user.sessionStatus(session);
        seen.add(State!);
        return State === "TERMINATED" ? true : undefined;
      });
      expect(Date.now() - terminatedAt).toBeLessThan(10_000);
      expect([...seen].filter((state) => state !== "TERMINATING")).toEqual(["TERMINATED"]);
      expect(own(sessionPids(server), before.pids)).toEqual([]);
      expect(own(unixSockets(server.home), before.sockets)).toEqual([]);

      const { state, reason, execution, stdout } = await user.ended(calculation);
      expect(state).toBe("CANCELED");
      expect(reason).toMatch(/session was terminated/i);
      expect(execution).not.toHaveProperty("Result");
      expect(stdout).toBe("begun\n");
    },
  );

  await step("once over, still answers, keeps its results, and accepts nothing", async () => {
    const status = await user.sessionStatus(session);
    expect(status.State).toBe("TERMINATED");
    expect(status.StateChangeReason).toBe("Session was terminated per request");
    expect(status.EndDateTime!.getTime()).toBeGreaterThanOrEqual(status.StartDateTime!.getTime());
    const shown = await user.athena.send(new GetSessionCommand({ SessionId: session }));
    expect(shown.Description).toBe("life");
    expect(shown.Statistics!.DpuExecutionInMillis).toBeGreaterThan(0);
    expect(await refusalOf(user.start(session, "1"))).toMatchObject({
      name: "InvalidRequestException",
      message: "Session is in the TERMINATED state; needs to be IDLE to accept Calculations.",
    });
    const list = await user.athena.send(
      new ListCalculationExecutionsCommand({ SessionId: session, StateFilter: "FAILED" }),
    );
    const failed = await user.ended(list.Calculations![0]!.CalculationExecutionId!);
    expect(failed.stderr).toContain("ZeroDivisionError: division by zero");
  });

  await step("is terminated again, without effect", async () => {
    const over = await user.athena.send(new GetSessionStatusCommand({ SessionId: session }));
    expect((await user.athena.send(new TerminateSessionCommand({ SessionId: session }))).State).toBe("TERMINATED");
    expect((await user.athena.send(new GetSessionStatusCommand({ SessionId: session }))).Status).toEqual(over.Status);
  });
});

describe("of concurrent starts on one session", () => {
  test("exactly one wins; the others are told that it is BUSY", async () => {
    const starts = await Promise.allSettled(Array.from({ length: 12 }, () => user.start(lasting, sleeping)));
    const won = starts.filter((start) => start.status === "fulfilled");
    expect(won).toHaveLength(1);
    for (const start of starts)
      if (start.status === "rejected")
        expect(start.reason).toMatchObject({ name: "InvalidRequestException", message: busy });

    const status = await user.sessionStatus(lasting);
    expect(status.State).toBe("BUSY");
    expect(status).not.toHaveProperty("IdleSinceDateTime");
    expect((await refusalOf(user.start(lasting, "1"))).message).toBe(busy);
    await user.athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: won[0]!.value }));
    expect((await user.ended(won[0]!.value)).state).toBe("CANCELED");
  });

  test("with one token all get the same id, and the code runs once", async () => {
    await user.print(lasting, "runs = 0");
    const command = new StartCalculationExecutionCommand({
      SessionId: lasting,
      CodeBlock: "runs += 1\nimport time\ntime.sleep(0.3)",
      ClientRequestToken: tokenOf("once"),
    });
    const starts = await Promise.all(Array.from({ length: 6 }, () => user.athena.send(command)));
    const ids = new Set(starts.map((start) => start.CalculationExecutionId!));
    expect(ids.size).toBe(1);
    const [id] = [...ids];
    expect((await user.ended(id!)).state).toBe("COMPLETED");
    expect(await user.print(lasting, "print(runs)")).toBe("1\n");
    // Also long after, when the session is in another state: here BUSY.
    const other = await user.start(lasting, sleeping);
    expect((await user.athena.send(command)).CalculationExecutionId).toBe(id);
    const changed = new StartCalculationExecutionCommand({ ...command.input, CodeBlock: "runs = 0" });
    expect(await refusalOf(user.athena.send(changed))).toMatchObject({
      name: "InvalidRequestException",
      message: "Idempotent parameters do not match",
      members: { AthenaErrorCode: "IDEMPOTENT_PARAMETER_MISMATCH" },
    });
    await user.athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: other }));
    await user.ended(other);
  });
});

describe("ListCalculationExecutions", () => {
  test("is newest first, page by page, and filters by state", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift((await user.run(lasting, n === 2 ? "1 / 0" : "pass")).id);
    const list = (more: object) =>
      user.athena.send(new ListCalculationExecutionsCommand({ SessionId: lasting, ...more }));
    const all = await list({});
    expect(all.Calculations!.slice(0, 5).map((calculation) => calculation.CalculationExecutionId)).toEqual(ids);
    expect(all.Calculations![0]).toMatchObject({ Status: { State: "COMPLETED" } });
    expect(all.NextToken).toBeUndefined();

    const pages: string[] = [];
    let token: string | undefined;
    do {
      const page = await list({ MaxResults: 2, NextToken: token });
      expect(page.Calculations!.length).toBeLessThanOrEqual(2);
      pages.push(...page.Calculations!.map((calculation) => calculation.CalculationExecutionId!));
      // A row that is added between two pages shifts nothing.
      if (token === undefined) await user.run(lasting, "pass");
      token = page.NextToken;
    } while (token !== undefined);
    expect(pages).toEqual(all.Calculations!.map((calculation) => calculation.CalculationExecutionId));

    const failed = await list({ StateFilter: "FAILED" });
    expect(failed.Calculations!.map((calculation) => calculation.CalculationExecutionId)).toEqual([ids[2]]);
    expect(failed.Calculations![0]!.Status!.StateChangeReason).toBe("ZeroDivisionError: division by zero");
    const { NextToken } = await list({ MaxResults: 2 });
    expect((await refusalOf(list({ MaxResults: 2, NextToken: `${NextToken!}x` }))).name).toBe(
      "InvalidRequestException",
    );
    expect((await refusalOf(list({ StateFilter: "FAILED", NextToken }))).name).toBe("InvalidRequestException");
  });
});

describe("the processes of a session", () => {
  test("listen on loopback alone, with Python workers at work", async () => {
    const id = await user.start(
      lasting,
      "from pyspark.sql.functions import udf\n@udf('long')\ndef slow(n):\n    import time\n    time.sleep(600)\nprint('begun')\nspark.range(2).select(slow('id')).collect()",
    );
    const pids = await waitFor("Python workers", () => {
      const found = sessionPids(server);
      return found.length >= 6 ? found : undefined; // guardian, supervisor, runner, JVM, daemon, worker
    });
    const addresses = listeningAddresses(pids);
    expect(addresses.length).toBeGreaterThan(0); // py4j's gateway at least
    expect(addresses.filter((listening) => !isLoopback(listening))).toEqual([]);
    expect(listeningAddresses([server.pid]).filter((listening) => !isLoopback(listening))).toEqual([]);
    await user.athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: id }));
    await user.ended(id);
  });

  test("would be seen if they listened beyond it", async () => {
    await using open = createServer().listen(0, "0.0.0.0");
    await new Promise((resolve) => open.once("listening", resolve));
    expect(listeningAddresses([process.pid]).filter((listening) => !isLoopback(listening))).toEqual([
      `tcp 0.0.0.0:${String((open.address() as { port: number }).port)}`,
    ]);
  });
});
