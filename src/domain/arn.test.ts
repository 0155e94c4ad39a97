import fc from "fast-check";
import { expect, test } from "vitest";
import { arnOf, isAthenaArn, resourceNamed, type Resource } from "./arn.ts";

const scope = { partition: "aws", region: "eu-central-1", accountId: "123456789012" };
const name = fc.stringMatching(/^[a-zA-Z0-9._-]{1,128}$/);
const resource: fc.Arbitrary<Resource> = fc.oneof(
  fc.record({ kind: fc.constant("workGroup"), name }),
  fc.record({ kind: fc.constant("session"), workGroup: name, id: fc.uuid() }),
);

test("an ARN names the resource that it was made of", () => {
  fc.assert(
    fc.property(resource, (one) => {
      const arn = arnOf(one, scope);
      expect(isAthenaArn(arn)).toBe(true);
      expect(resourceNamed(arn, scope)).toEqual(one);
      expect(resourceNamed(arnOf(one, { ...scope, accountId: "" }), scope)).toEqual(one);
    }),
  );
});

test.each([
  "arn:aws:athena:eu-central-1:123456789012:workgroup/",
  "arn:aws:athena:eu-central-1:123456789012:workgroup/a/session/",
  "arn:aws:athena:eu-central-1:123456789012:workgroup/a/session/b/c",
  "arn:aws:athena:eu-central-1:123456789012:datacatalog/a",
  "arn:aws:athena:us-east-1:123456789012:workgroup/a",
  "arn:aws:athena:eu-central-1:000000000000:workgroup/a",
  "arn:aws-cn:athena:eu-central-1:123456789012:workgroup/a",
  "arn:aws:athena:us-east-1::workgroup/a",
])("%s is an ARN of Athena, and names nothing here", (arn) => {
  expect(isAthenaArn(arn)).toBe(true);
  expect(resourceNamed(arn, scope)).toBeUndefined();
});

test.each(["", "workgroup/a", "arn:aws:s3:::bucket", "arn:aws:athena:eu-central-1:123456789012:", "arn:aws:athena"])(
  "%j is no ARN of Athena",
  (text) => {
    expect(isAthenaArn(text)).toBe(false);
  },
);
