import { describe, expect, test, beforeAll, afterAll } from "vitest";
import type { Call } from "../../src/protocol/types.ts";
import {
  key,
  send,
  signed,
  startFrontEnd,
  temporaryKey,
  type Outgoing,
  type FrontEndServer,
} from "./front-end-server.ts";

const now = Date.UTC(2026, 10, 20, 10, 15, 0);
const date = "20261120T101500Z";
const mismatch =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

let server: FrontEndServer;
let clock = now;
const calls: Call[] = [];

beforeAll(async () => {
  server = await startFrontEnd({
    now: () => clock,
    operations: {
      GetSessionStatus: (input: object, call) => (
        calls.push(call),
        Promise.resolve({ ...input, Status: { State: "IDLE" } })
      ),
      ListSessions: () => Promise.resolve({}),
    },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const good = (signing = {}, outgoing: Outgoing = {}) => signed(server.port, outgoing, { date, ...signing });
const answerTo = async (outgoing: Outgoing) => {
  const { status, body } = await send(server.port, outgoing);
  return [status, JSON.parse(body) as unknown];
};
const with_ = (outgoing: Required<Outgoing>, headers: Record<string, string | undefined>): Required<Outgoing> => {
  const merged: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...outgoing.headers, ...headers })) {
    if (value !== undefined) merged[name] = value;
  }
  return { ...outgoing, headers: merged };
};
const authorized = (change: (authorization: string) => string) => {
  const outgoing = good();
  return with_(outgoing, { Authorization: change(outgoing.headers.Authorization ?? "") });
};
const refusal = (type: string, message: string) => [400, { __type: type, Message: message }];

describe("1. routing and the operation", () => {
  test("a good request is answered", async () => {
    const { status, headers, body } = await send(server.port, good());
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/x-amz-json-1.1");
    expect(headers["x-amzn-requestid"]).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(body).toBe('{"SessionId":"s","Status":{"State":"IDLE"}}');
  });

  test("another method than POST", async () => {
    const { status, body } = await send(server.port, {
      method: "GET",
      headers: { "x-amz-target": "AmazonAthena.GetSession" },
    });
    expect([status, body]).toEqual([404, "<UnknownOperationException/>\n"]);
  });

  test.each([
    "AmazonAthena.NoSuchThing",
    "AmazonAthena.getSessionStatus",
    "AWSAthena.GetSessionStatus",
    "amazonathena.GetSessionStatus",
    "AmazonAthena.GetSessionStatus.x",
    "AmazonAthena.constructor",
    "AmazonAthena.__proto__",
    "AmazonAthena.",
    "AmazonAthena",
    "GetSessionStatus",
  ])("target %s", async (target) => {
    expect(await answerTo(with_(good(), { "X-Amz-Target": target }))).toEqual([
      400,
      { __type: "UnknownOperationException" },
    ]);
  });

  test.each([
    ["content type", { "content-type": "application/x-amz-json-1.1" }],
    ["credential scope", { authorization: "AWS4-HMAC-SHA256 Credential=a/20261120/us-east-1/athena/aws4_request" }],
  ])("no target, known as Athena's by its %s", async (_, headers) => {
    expect(await answerTo({ headers })).toEqual([400, { __type: "UnknownOperationException" }]);
  });

  test("the operation comes before the signature", async () => {
    const outgoing = with_(good(), { "X-Amz-Target": "AmazonAthena.Nothing", Authorization: undefined });
    expect(await answerTo(outgoing)).toEqual([400, { __type: "UnknownOperationException" }]);
  });
});

describe("2. the presence of a signature", () => {
  test("none", async () => {
    expect(await answerTo(with_(good(), { Authorization: undefined }))).toEqual(
      refusal("MissingAuthenticationTokenException", "Request is missing Authentication Token"),
    );
  });

  test("two", async () => {
    expect(await answerTo({ ...good(), path: "/?X-Amz-Algorithm=AWS4-HMAC-SHA256" })).toEqual(
      refusal(
        "InvalidSignatureException",
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
      ),
    );
  });
});

describe("3. a signature's parts", () => {
  test("all missing from the header", async () => {
    const outgoing = with_(good(), { Authorization: "AWS4-HMAC-SHA256 x", "X-Amz-Date": undefined });
    expect(await answerTo(outgoing)).toEqual(
      refusal(
        "IncompleteSignatureException",
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256 x",
      ),
    );
  });

  test("one missing from the header", async () => {
    const authorization = "AWS4-HMAC-SHA256 Credential=a/b/c/athena/e, SignedHeaders=host";
    expect(await answerTo(with_(good(), { Authorization: authorization }))).toEqual(
      refusal(
        "IncompleteSignatureException",
        `Authorization header requires 'Signature' parameter. Authorization=${authorization}`,
      ),
    );
  });

  test("missing from the query", async () => {
    const outgoing = {
      ...with_(good(), { Authorization: undefined }),
      path: "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-SignedHeaders=host",
    };
    expect(await answerTo(outgoing)).toEqual(
      refusal(
        "IncompleteSignatureException",
        "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
      ),
    );
  });

  test("another algorithm", async () => {
    expect(await answerTo(authorized((text) => text.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512")))).toEqual(
      refusal(
        "IncompleteSignatureException",
        "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512' (only AWS4-HMAC-SHA256 for now). ",
      ),
    );
  });

  test("a credential of four elements", async () => {
    const credential = `${key.accessKeyId}/20261120/us-east-1/athena`;
    expect(await answerTo(authorized((text) => text.replace("/aws4_request", "")))).toEqual(
      refusal(
        "IncompleteSignatureException",
        `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
      ),
    );
  });
});

describe("4. the date", () => {
  test.each(["yesterday", "2026-11-20T10:15:00Z", "20260631T000000Z", "20261120T241500Z"])(
    "%s is none",
    async (text) => {
      expect(await answerTo(with_(good(), { "X-Amz-Date": text }))).toEqual(
        refusal(
          "IncompleteSignatureException",
          `Date must be in ISO-8601 'basic format'. Got '${text}'. See http://en.wikipedia.org/wiki/ISO_8601`,
        ),
      );
    },
  );

  test("more than five minutes old", async () => {
    expect(await answerTo(good({ date: "20261120T100959Z" }))).toEqual(
      refusal(
        "InvalidSignatureException",
        "Signature expired: 20261120T100959Z is now earlier than 20261120T101000Z (20261120T101500Z - 5 min.)",
      ),
    );
  });

  test("more than five minutes ahead", async () => {
    expect(await answerTo(good({ date: "20261120T102001Z" }))).toEqual(
      refusal(
        "InvalidSignatureException",
        "Signature not yet current: 20261120T102001Z is still later than 20261120T102000Z (20261120T101500Z + 5 min.)",
      ),
    );
  });

  test.each(["20261120T101000Z", "20261120T102000Z"])("%s is near enough", async (text) => {
    expect((await answerTo(good({ date: text })))[0]).toBe(200);
  });
});

describe("5. what is signed, and for what", () => {
  test.each([
    ["Host", "host;"],
    ["X-Amz-Date", "x-amz-date;"],
  ])("%s is not", async (header, listed) => {
    expect(await answerTo(authorized((text) => text.replace(listed, "")))).toEqual(
      refusal("InvalidSignatureException", `'${header}' must be a 'SignedHeader' in the AWS Authorization.`),
    );
  });

  test("another region", async () => {
    expect(await answerTo(good({ region: "eu-west-1" }))).toEqual(
      refusal("InvalidSignatureException", "Credential should be scoped to a valid region, not 'eu-west-1'. "),
    );
  });

  test("everything is another", async () => {
    expect(
      await answerTo(authorized((text) => text.replace("20261120/us-east-1/athena/aws4_request", "20261119/r/s3/end"))),
    ).toEqual(
      refusal(
        "InvalidSignatureException",
        "Credential should be scoped to a valid region, not 'r'. Credential should be scoped to correct service: 'athena'. Credential should be scoped with a valid terminator: 'aws4_request', not 'end'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261119' != '20261120', from '20261120T101500Z'.",
      ),
    );
  });
});

describe("6. the key", () => {
  const unrecognized = refusal("UnrecognizedClientException", "The security token included in the request is invalid.");
  const { sessionToken } = temporaryKey;

  test("unknown", async () => {
    expect(await answerTo(good({ key: { accessKeyId: "AKIAUNKNOWN", secretAccessKey: "x" } }))).toEqual(unrecognized);
  });

  test.each([
    ["a token with a key that has none", { ...key, sessionToken }],
    ["no token with a key that has one", { ...temporaryKey, sessionToken: "" }],
    ["another token", { ...temporaryKey, sessionToken: "another" }],
  ])("%s", async (_, used) => {
    expect(await answerTo(good({ key: used }))).toEqual(unrecognized);
  });

  test("its own token", async () => {
    expect((await answerTo(good({ key: temporaryKey })))[0]).toBe(200);
  });

  test("expired", async () => {
    temporaryKey.expiresAt = now;
    expect(await answerTo(good({ key: temporaryKey }))).toEqual(
      refusal("ExpiredTokenException", "The security token included in the request is expired"),
    );
    temporaryKey.expiresAt = Number.POSITIVE_INFINITY;
  });
});

describe("7. the signature", () => {
  const wrong = refusal("InvalidSignatureException", mismatch);

  test.each([
    ["signature", () => authorized((text) => text.replace(/.$/, (last) => (last === "0" ? "1" : "0")))],
    ["signature of another length", () => authorized((text) => text.slice(0, -1))],
    ["secret", () => good({ key: { ...key, secretAccessKey: "x" } })],
    ["body", () => ({ ...good(), body: '{"SessionId":"t"}' })],
    ["target", () => with_(good(), { "X-Amz-Target": "AmazonAthena.ListSessions" })],
    ["host", () => with_(good(), { Host: "example.com" })],
    ["claimed hash of the body", () => good({}, { headers: { "X-Amz-Content-Sha256": "0".repeat(64) } })],
    ["unsigned payload", () => good({}, { headers: { "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" } })],
  ])("another %s", async (_, outgoing) => {
    expect(await answerTo(outgoing())).toEqual(wrong);
  });

  test("in the query, as long as it says", async () => {
    const presigned = good({ signQuery: true }, { path: "/?X-Amz-Expires=600" });

    clock = now + 599_000;
    expect((await answerTo(presigned))[0]).toBe(200);
    clock = now + 601_000;
    expect(await answerTo(presigned)).toEqual(
      refusal(
        "InvalidSignatureException",
        "Signature expired: 20261120T101500Z is now earlier than 20261120T101501Z (20261120T102501Z - 10 min.)",
      ),
    );
    clock = now;
    expect(await answerTo({ ...presigned, body: '{"SessionId":"t"}' })).toEqual(wrong);
  });
});

describe("9. the body", () => {
  test.each([
    ["is empty", "", undefined],
    ["is not JSON", "{", undefined],
    ["is null", "null", undefined],
    ["is a string", '"x"', undefined],
    ["is a list", "[]", "Start of list found where not expected"],
    ["has a member of another type", '{"SessionId":5}', "NUMBER_VALUE can not be converted to a String"],
  ])("%s", async (_, body, message) => {
    expect(await answerTo(good({}, { body }))).toEqual([
      400,
      { __type: "SerializationException", ...(message === undefined ? {} : { Message: message }) },
    ]);
  });

  test("breaks a constraint", async () => {
    const Message =
      "1 validation error detected: Value null at 'sessionId' failed to satisfy constraint: Member must not be null";
    expect(await answerTo(good({}, { body: "{}" }))).toEqual([
      400,
      { __type: "InvalidRequestException", AthenaErrorCode: "INVALID_INPUT", ErrorCode: "INVALID_INPUT", Message },
    ]);
  });

  test("comes after the signature", async () => {
    const outgoing = { ...good(), body: '{"SessionId":"s"{' };
    expect(await answerTo(outgoing)).toEqual(refusal("InvalidSignatureException", mismatch));
  });
});

describe("10. the handler", () => {
  test("is called once nothing is wrong, and not before", async () => {
    calls.length = 0;
    for (const outgoing of [with_(good(), { Authorization: undefined }), good({}, { body: "{}" })])
      expect((await send(server.port, outgoing)).status).toBe(400);
    expect(calls).toEqual([]);
    expect((await send(server.port, good())).status).toBe(200);
    expect(calls).toHaveLength(1);
  });
});
