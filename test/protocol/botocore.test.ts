import { spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { signatureChecks } from "../../src/protocol/sigv4/checks.ts";
import { arbitraryRequest, encodeStrictly } from "../../src/protocol/sigv4/oracles.fixture.ts";
import { toolsFolder } from "../support/tools/tools.ts";

const python = process.env.GLAUX_TEST_PYTHON ?? join(toolsFolder, "bin", "python");
const key = { accessKeyId: "GLAXTESTTESTTESTTEST", secretAccessKey: "s3cr3t/+", principalArn: "arn:x" };

/** Signs each request of a JSON list on standard input, and prints the requests as they would be sent. */
const signer = `
import json, sys
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
credentials = Credentials("${key.accessKeyId}", "${key.secretAccessKey}")
signers = {"athena": (SigV4Auth, SigV4QueryAuth), "s3": (S3SigV4Auth, S3SigV4QueryAuth)}
sent = []
for given in json.load(sys.stdin):
    request = AWSRequest(given["method"], given["url"], given["headers"], given["body"].encode())
    if given["service"] == "s3":
        request.context["payload_signing_enabled"] = True
    signers[given["service"]][given["inQuery"]](credentials, given["service"], "us-east-1").add_auth(request)
    prepared = request.prepare()
    sent.append({"url": prepared.url, "headers": {name: prepared.headers[name] if isinstance(prepared.headers[name], str) else prepared.headers[name].decode() for name in prepared.headers}})
json.dump(sent, sys.stdout)
`;

interface Sent {
  url: string;
  headers: Record<string, string>;
}

function signWithBotocore(requests: object[]): Sent[] {
  const { stdout, stderr, status } = spawnSync(python, ["-c", signer], {
    input: JSON.stringify(requests),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Sent[];
}

describe.skipIf(!existsSync(python))(
  `signed by botocore (needs a Python with botocore: GLAUX_TEST_PYTHON or ${python})`,
  () => {
    test.each([
      ["athena", false],
      ["athena", true],
      ["s3", false],
      ["s3", true],
    ] as const)("for %s, in the query: %s", (service, inQuery) => {
      const requests = fc.sample(arbitraryRequest, 200).map(({ method, path, query, headers, body }) => {
        // When botocore signs in the query, it reads the parameters into a dictionary, drops the empty
        // parameters, and takes the body for more parameters. So these requests have none of that.
        const kept = [...new Map(query.filter(([, value]) => value !== ""))];
        const text = kept.map(([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(value)}`).join("&");
        const url = `http://localhost:8765${service === "athena" ? "/" : path}${text === "" ? "" : "?"}${text}`;
        return { service, inQuery, method, url, headers, body: inQuery ? "" : body };
      });
      const sent = signWithBotocore(requests);
      const checks = signatureChecks({
        region: "us-east-1",
        service,
        skewMs: 300_000,
        findKey: () => key,
        now: () => Date.now(),
      });
      expect(sent).toHaveLength(200);
      for (const [index, { url, headers }] of sent.entries()) {
        const { method, body } = requests[index] ?? { method: "", body: "" };
        const [path = "/", rawQuery = ""] = url.slice("http://localhost:8765".length).split("?", 2);
        const arrived = Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]),
        );
        const request = { method, path, rawQuery, headers: { host: ["localhost:8765"], ...arrived } };
        const plausible = checks.checkClaim(request);
        const payloadHash = service === "s3" && inQuery ? "UNSIGNED-PAYLOAD" : hash("sha256", body, "hex");
        expect(() => {
          checks.checkSignature(request, plausible, payloadHash);
        }, url).not.toThrow();
      }
    });
  },
);
