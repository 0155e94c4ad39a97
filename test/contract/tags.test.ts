// Tags of workgroups and sessions. The sessions in these tests fail as soon as they start, without Spark.
// They can be tagged all the same.
import * as sdk from "@aws-sdk/client-athena";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { refusalOf } from "../support/refusal.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let user: AthenaUser;

beforeAll(async () => {
  server = await startServer({
    env: { GLAUX_PARTITION: "aws-cn", GLAUX_REGION: "cn-north-1", GLAUX_ACCOUNT_ID: "123456789012" },
  });
  user = athenaUser(server);
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const arn = (path: string) => `arn:aws-cn:athena:cn-north-1:123456789012:${path}`;
const tag = (ResourceARN: string, Tags: sdk.Tag[]) =>
  user.athena.send(new sdk.TagResourceCommand({ ResourceARN, Tags }));
const untag = (ResourceARN: string, ...TagKeys: string[]) =>
  user.athena.send(new sdk.UntagResourceCommand({ ResourceARN, TagKeys }));
const list = (ResourceARN: string, input: Partial<sdk.ListTagsForResourceCommandInput> = {}) =>
  user.athena.send(new sdk.ListTagsForResourceCommand({ ResourceARN, ...input }));
const create = (Name: string, Tags?: sdk.Tag[]) => user.athena.send(new sdk.CreateWorkGroupCommand({ Name, Tags }));

async function startSession(WorkGroup: string, input: Partial<sdk.StartSessionCommandInput> = {}): Promise<string> {
  const EngineConfiguration = { SparkProperties: { "spark.master": "local" } };
  const { SessionId } = await user.athena.send(
    new sdk.StartSessionCommand({ WorkGroup, EngineConfiguration, ...input }),
  );
  return arn(`workgroup/${WorkGroup}/session/${SessionId!}`);
}

const tags = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({ Key: `k${String(from + n).padStart(2, "0")}`, Value: "v" }));
const a = { Key: "a", Value: "1" };
const b = { Key: "b", Value: "2" };

describe("a workgroup", () => {
  test("has the tags that it was created with, and those put on it later", async () => {
    await create("tagged", [b, a]);
    expect(await list(arn("workgroup/tagged"))).toMatchObject({ Tags: [a, b] });
    await tag(arn("workgroup/tagged"), [{ ...a, Value: "new" }, { Key: "ünï + - = . _ : / @" }]);
    await untag(arn("workgroup/tagged"), "b", "unknown");
    const { Tags, NextToken } = await list(arn("workgroup/tagged"));
    expect(Tags).toEqual([
      { Key: "a", Value: "new" },
      { Key: "ünï + - = . _ : / @", Value: "" },
    ]);
    expect(NextToken).toBeUndefined();
  });

  test("loses them with its end", async () => {
    await create("passing", [a]);
    await user.athena.send(new sdk.DeleteWorkGroupCommand({ WorkGroup: "passing" }));
    expect((await refusalOf(list(arn("workgroup/passing")))).name).toBe("ResourceNotFoundException");
    await create("passing");
    expect((await list(arn("workgroup/passing"))).Tags).toEqual([]);
  });

  test("can be primary", async () => {
    await tag(arn("workgroup/primary"), [a]);
    expect((await list(arn("workgroup/primary"))).Tags).toEqual([a]);
    await untag(arn("workgroup/primary"), "a");
  });
});

describe("a session", () => {
  test("copies its workgroup's tags, its own winning, unless told otherwise", async () => {
    await create("copied", [a, b]);
    const own = [{ Key: "b", Value: "own" }];
    expect((await list(await startSession("copied"))).Tags).toEqual([a, b]);
    expect((await list(await startSession("copied", { Tags: own }))).Tags).toEqual([a, ...own]);
    expect((await list(await startSession("copied", { Tags: own, CopyWorkGroupTags: false }))).Tags).toEqual(own);
  });

  test("keeps its own: later changes of the workgroup's are not copied", async () => {
    await create("changed", [a]);
    const session = await startSession("changed");
    await tag(arn("workgroup/changed"), [{ ...a, Value: "later" }]);
    await tag(session, [b]);
    expect((await list(session)).Tags).toEqual([a, b]);
    expect((await list(arn("workgroup/changed"))).Tags).toEqual([{ ...a, Value: "later" }]);
  });
});

describe("limits", () => {
  const invalid = (message: string) => ({ name: "InvalidRequestException", message, status: 400 });
  const tooMany = invalid("A resource can have at most 50 tags.");

  test("50 tags a resource, however they come", async () => {
    await create("full", tags(0, 50));
    expect(await refusalOf(create("overfull", tags(0, 51)))).toMatchObject(tooMany);
    expect(await refusalOf(tag(arn("workgroup/full"), [a]))).toMatchObject(tooMany);
    expect(await refusalOf(startSession("full", { Tags: [a] }))).toMatchObject(tooMany);
    await tag(arn("workgroup/full"), [{ Key: "k00", Value: "new" }]);
    await startSession("full", { Tags: [{ Key: "k00", Value: "new" }] });
    expect((await list(arn("workgroup/full"))).Tags).toHaveLength(50);
  });

  const reserved = invalid("aws: prefixed tag key names are not allowed for external use.");
  const unique = invalid("Tag keys must be unique.");
  test.each<[string, sdk.Tag[], object]>([
    ["AWS's own", [{ Key: "aws:x", Value: "" }], reserved],
    ["one key twice", [a, { ...a, Value: "2" }], unique],
    ["no key", [{ Value: "v" }], invalid("A tag needs a Key.")],
  ])("%s, in all three operations", async (_, given, refusal) => {
    expect(await refusalOf(tag(arn("workgroup/primary"), given))).toMatchObject(refusal);
    expect(await refusalOf(create("refused", given))).toMatchObject(refusal);
    expect(await refusalOf(startSession("primary", { Tags: given }))).toMatchObject(refusal);
  });

  test("a workgroup is created without tags, not with none", async () => {
    expect(await refusalOf(create("none", []))).toMatchObject(
      invalid("Tags provided upon WorkGroup creation must not be empty"),
    );
  });

  test("a page has at least 75 places, and takes the tokens of this server only", async () => {
    const primary = arn("workgroup/primary");
    await list(primary, { MaxResults: 75 });
    expect((await refusalOf(list(primary, { MaxResults: 74 }))).message).toBe(
      "1 validation error detected: Value at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 75",
    );
    expect(await refusalOf(list(primary, { NextToken: "forged" }))).toMatchObject(
      invalid("NextToken is not valid for this request."),
    );
  });
});

describe("what does not exist", () => {
  const session = "00000000-0000-4000-8000-000000000000";
  test.each([
    arn("workgroup/nowhere"),
    arn("datacatalog/primary"),
    arn("workgroup/primary").replace("123456789012", "000000000000"),
    arn("workgroup/primary").replace("aws-cn", "aws"),
    arn(`workgroup/primary/session/${session}`),
  ])("%s is not found, by its name", async (unknown) => {
    const refusal = {
      name: "ResourceNotFoundException",
      message: `Resource ${unknown} was not found`,
      status: 400,
      members: { ResourceName: unknown },
    };
    expect(await refusalOf(list(unknown))).toMatchObject(refusal);
    expect(await refusalOf(tag(unknown, [a]))).toMatchObject(refusal);
    expect(await refusalOf(untag(unknown, "a"))).toMatchObject(refusal);
  });

  test("a session is found in its own workgroup only", async () => {
    await create("other");
    const found = await startSession("primary");
    await list(found);
    const elsewhere = found.replace("workgroup/primary/", "workgroup/other/");
    expect((await refusalOf(list(elsewhere))).name).toBe("ResourceNotFoundException");
  });

  test("what is no ARN of Athena is a bad request", async () => {
    for (const text of ["primary", "arn:aws:s3:::bucket"])
      expect(await refusalOf(list(text))).toMatchObject({
        name: "InvalidRequestException",
        message: "ResourceARN is not a valid ARN of Athena.",
      });
  });
});
