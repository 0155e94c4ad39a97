// GLAUX_RATE_LIMITS, as met by a client that waits and retries, and by a client that does not.
import * as sdk from "@aws-sdk/client-athena";
import { expect, test } from "vitest";
import { refusalOf } from "../support/refusal.ts";
import { startServer } from "../support/server.ts";
import { keyOf } from "../support/signed-calls.ts";

test("calls that come too fast are refused; an SDK that may try often enough gets all its answers", async () => {
  await using server = await startServer({ env: { GLAUX_RATE_LIMITS: "ListWorkGroups=4/2" } });
  const client = (maxAttempts: number) =>
    new sdk.AthenaClient({
      region: "us-east-1",
      endpoint: server.endpoint,
      credentials: keyOf(server.home),
      maxAttempts,
    });
  const hasty = client(1);
  const calls = Array.from({ length: 20 }, () => hasty.send(new sdk.ListWorkGroupsCommand({})));
  const outcomes = await Promise.allSettled(calls.map(refusalOf));
  const refused = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(20);
  for (const one of refused)
    expect(one).toMatchObject({ name: "ThrottlingException", message: "Rate exceeded", status: 400 });
  // Other operations have no limit.
  const others = Array.from({ length: 20 }, () => hasty.send(new sdk.ListEngineVersionsCommand({})));
  expect(await Promise.all(others)).toHaveLength(20);

  const patient = client(30);
  for (let n = 0; n < 6; n++)
    expect((await patient.send(new sdk.ListWorkGroupsCommand({}))).WorkGroups).toHaveLength(1);
  for (const one of [hasty, patient]) one.destroy();
});

test("a limit for an operation that there is not is refused when the server starts", async () => {
  const start = startServer({ env: { GLAUX_RATE_LIMITS: "StartSesion=1" } });
  await expect(start).rejects.toThrow("GLAUX_RATE_LIMITS: Athena has no operation StartSesion");
});
