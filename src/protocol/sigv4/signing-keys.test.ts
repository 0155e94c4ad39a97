import { expect, test } from "vitest";
import { signingKeys } from "./signing-keys.ts";

const scope = { date: "20261120", region: "us-east-1", service: "athena", terminator: "aws4_request" };

test("a key is made once, and another one for every other secret, day, region and service", () => {
  const keyOf = signingKeys();
  const key = keyOf("secret", scope);
  expect(keyOf("secret", { ...scope })).toBe(key);
  const others = [
    keyOf("changed", scope),
    ...[{ date: "20261121" }, { region: "eu-west-1" }, { service: "s3" }].map((change) =>
      keyOf("secret", { ...scope, ...change }),
    ),
  ];
  const signatures = [key, ...others].map((one) => one.sign("text", "hex"));
  expect(new Set(signatures).size).toBe(5);
});

test("of too many keys the oldest is forgotten, and only that", () => {
  const keyOf = signingKeys();
  const [oldest, next] = [keyOf("0", scope), keyOf("1", scope)];
  for (let n = 2; n <= 256; n++) keyOf(String(n), scope);
  expect(keyOf("1", scope)).toBe(next);
  expect(keyOf("0", scope)).not.toBe(oldest);
});

test("what one keeps is none of another's", () => {
  expect(signingKeys()("secret", scope)).not.toBe(signingKeys()("secret", scope));
});
