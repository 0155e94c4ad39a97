// Requests that come too fast: which faults are reported before and which after the exceeded rate, and that
// clients notice nothing but a wait.
import { AthenaClient, GetSessionStatusCommand } from "@aws-sdk/client-athena";
import { describe, expect, test } from "vitest";
import { rateLimiter } from "../../src/protocol/rate-limit.ts";
import { refusalOf } from "../support/refusal.ts";
import { key, send, signed, startFrontEnd, temporaryKey } from "./front-end-server.ts";

const rateExceeded = { __type: "ThrottlingException", Message: "Rate exceeded" };

describe("where the rate is exceeded", () => {
  const exhausted = () => startFrontEnd({ isWithinRate: () => false });

  test("that is said before the body is looked at", async () => {
    await using server = await exhausted();
    for (const body of ['{"SessionId":"s"}', "no JSON", "[]", '{"SessionId":7}', "{}"]) {
      const answer = await send(server.port, signed(server.port, { body }));
      expect([answer.status, JSON.parse(answer.body)]).toEqual([400, rateExceeded]);
    }
  });

  test("what is wrong with the target or the signature is said first", async () => {
    await using server = await exhausted();
    const typeOf = async (outgoing: Parameters<typeof send>[1]) =>
      (JSON.parse((await send(server.port, outgoing)).body) as { __type: string }).__type;
    expect(await typeOf(signed(server.port, {}, { operation: "NoSuchOperation" }))).toBe("UnknownOperationException");
    expect(await typeOf({ headers: { "x-amz-target": "AmazonAthena.GetSessionStatus" } })).toBe(
      "MissingAuthenticationTokenException",
    );
    const wrong = { ...key, secretAccessKey: "another" };
    expect(await typeOf(signed(server.port, {}, { key: wrong }))).toBe("InvalidSignatureException");
    const unknown = { ...key, accessKeyId: "GLAXUNKNOWNUNKNOWN00" };
    expect(await typeOf(signed(server.port, {}, { key: unknown }))).toBe("UnrecognizedClientException");
  });

  test("S3 and the service's own pages answer all the same", async () => {
    await using server = await exhausted();
    const object = signed(server.port, { method: "GET", path: "/bucket/key" }, { service: "s3" });
    expect(await send(server.port, object)).toMatchObject({ status: 200, body: "an object" });
    expect(await send(server.port, { method: "GET", path: "/-/health" })).toMatchObject({ status: 200 });
  });
});

test("requests of a wrong signature use up nobody's rate", async () => {
  const limits = new Map([["*", { perSecond: 0.001, burst: 1 }]]);
  await using server = await startFrontEnd({ isWithinRate: rateLimiter(limits, () => performance.now()) });
  const wrong = { ...key, secretAccessKey: "another" };
  for (let n = 0; n < 3; n++) await send(server.port, signed(server.port, {}, { key: wrong }));
  expect((await send(server.port, signed(server.port))).status).toBe(200);
  expect(JSON.parse((await send(server.port, signed(server.port))).body)).toEqual(rateExceeded);
  expect((await send(server.port, signed(server.port, {}, { key: temporaryKey }))).status).toBe(200);
});

test("the SDK waits and tries again, so that all calls of a burst succeed in the end", async () => {
  const limiter = rateLimiter(new Map([["GetSessionStatus", { perSecond: 20, burst: 2 }]]), () => performance.now());
  let refused = 0;
  const isWithinRate: typeof limiter = (...request) => {
    const isWithin = limiter(...request);
    if (!isWithin) refused++;
    return isWithin;
  };
  await using server = await startFrontEnd({ isWithinRate });
  const client = (maxAttempts: number) =>
    new AthenaClient({ region: "us-east-1", endpoint: server.endpoint, credentials: key, maxAttempts });
  const status = new GetSessionStatusCommand({ SessionId: "s" });
  const patient = client(20);
  const answers = await Promise.all(Array.from({ length: 8 }, () => patient.send(status)));
  expect(answers.map(({ Status }) => Status?.State)).toEqual(new Array(8).fill("IDLE"));
  expect(refused).toBeGreaterThan(0);
  expect(Math.max(...answers.map(({ $metadata }) => $metadata.attempts ?? 0))).toBeGreaterThan(1);

  const hasty = client(1);
  const seen = await Promise.allSettled(Array.from({ length: 20 }, () => refusalOf(hasty.send(status))));
  const throttled = seen.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(throttled.length).toBeGreaterThan(0);
  for (const one of throttled)
    expect(one).toMatchObject({ name: "ThrottlingException", message: "Rate exceeded", status: 400 });
  for (const one of [patient, hasty]) one.destroy();
}, 60_000);
