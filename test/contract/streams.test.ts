// Streaming queries: what ends them and what does not, where their functions print, and how they appear to an
// operator.
import { GetCalculationExecutionCommand, StopCalculationExecutionCommand } from "@aws-sdk/client-athena";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runGlaux } from "../cli/glaux.ts";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait-for.ts";

let server: TestServer;
let user: AthenaUser;
let session: string;

beforeAll(async () => {
  server = await startServer();
  user = athenaUser(server);
  session = await user.idleSession();
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const stream = (name: string) => `
calls = []
def note(rows, number):
    calls.append(number)
    print("batch of ${name}")
query = (spark.readStream.format("rate").load().writeStream.queryName("${name}")
    .foreachBatch(note).trigger(processingTime="300 milliseconds").start())
`;

const shown = async () => (await runGlaux(server.env, ["sessions", "show", session])).stdout;

test("a Stop ends the query that it waits for, and its function is not called again", async () => {
  const id = await user.start(session, `${stream("stopped")}query.awaitTermination()`);
  const { WorkingDirectory } = await user.athena.send(
    new GetCalculationExecutionCommand({ CalculationExecutionId: id }),
  );
  await waitFor("a batch", async () => {
    const text = await user.text(`${String(WorkingDirectory)}/stdout`).catch(() => "");
    return text.includes("batch of stopped") ? true : undefined;
  });
  expect(await shown()).toMatch(new RegExp(`^Streaming    stopped  since .*  of calculation ${id}`, "m"));
  await user.athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: id }));
  expect((await user.ended(id)).state).toBe("CANCELED");
  const after = await user.print(
    session,
    "import time\nbefore = len(calls)\ntime.sleep(2)\nprint(len(calls) - before, query.isActive, spark.streams.active)",
  );
  expect(after).toBe("0 False []\n");
  expect(await shown()).not.toContain("Streaming");
});

test("a query that outlives its calculation is shown, survives a Stop of a later one, and prints to the one that runs", async () => {
  const { id } = await user.run(session, stream("orders"));
  expect(await shown()).toMatch(
    new RegExp(
      `^Streaming    orders  since \\d{4}-\\d\\d-\\d\\d [\\d:]{8}  of calculation ${id}  \\([0-9a-f-]{36}\\)$`,
      "m",
    ),
  );
  const later = await user.start(session, "import time\ntime.sleep(600)");
  await user.athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: later }));
  expect((await user.ended(later)).state).toBe("CANCELED");
  const printed = await user.print(
    session,
    "before = len(calls)\nwhile len(calls) < before + 3: time.sleep(.01)\nquery.stop()\nprint('stopped')",
  );
  expect(printed).toMatch(/^(batch of orders\n){2,}stopped\n$/);
  expect(await shown()).not.toContain("Streaming");
});
