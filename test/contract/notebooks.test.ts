// Notebooks: what is stored, which names are allowed, and the texts of refusals. notebook-sessions.test.ts
// has the tests of sessions of notebooks.
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateNotebookCommand,
  CreateWorkGroupCommand,
  DeleteNotebookCommand,
  ExportNotebookCommand,
  GetNotebookMetadataCommand,
  ImportNotebookCommand,
  ListNotebookMetadataCommand,
  UpdateNotebookCommand,
  UpdateNotebookMetadataCommand,
  type ImportNotebookCommandInput,
  type ListNotebookMetadataCommandInput,
} from "@aws-sdk/client-athena";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { refusalOf } from "../support/refusal.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let user: AthenaUser;

beforeAll(async () => {
  server = await startServer();
  user = athenaUser(server);
  await createWorkGroup("owls", "AUTO");
  await createWorkGroup("sql", "Athena engine version 3");
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const unknown = "00000000-0000-4000-8000-000000000000";
const invalidRequest = (message: string) => ({
  name: "InvalidRequestException",
  message,
  status: 400,
  members: { AthenaErrorCode: "INVALID_INPUT" },
});

const createWorkGroup = (Name: string, SelectedEngineVersion: string) =>
  user.athena.send(new CreateWorkGroupCommand({ Name, Configuration: { EngineVersion: { SelectedEngineVersion } } }));

let made = 0;
const newName = () => `notebook ${String(++made)}`;
const newToken = () => `00000000-0000-4000-8000-${String(++made).padStart(12, "0")}`;

async function create(Name = newName(), more: { WorkGroup?: string; ClientRequestToken?: string } = {}) {
  const { NotebookId } = await user.athena.send(new CreateNotebookCommand({ WorkGroup: "primary", Name, ...more }));
  return NotebookId!;
}

const importing = (input: Partial<ImportNotebookCommandInput>) =>
  user.athena.send(new ImportNotebookCommand({ WorkGroup: "primary", Name: newName(), Type: "IPYNB", ...input }));
const update = (NotebookId: string, Payload: string, ClientRequestToken?: string) =>
  user.athena.send(new UpdateNotebookCommand({ NotebookId, Payload, Type: "IPYNB", ClientRequestToken }));
const rename = (NotebookId: string, Name: string, ClientRequestToken?: string) =>
  user.athena.send(new UpdateNotebookMetadataCommand({ NotebookId, Name, ClientRequestToken }));
const remove = (NotebookId: string) => user.athena.send(new DeleteNotebookCommand({ NotebookId }));
const metadata = async (NotebookId: string) =>
  (await user.athena.send(new GetNotebookMetadataCommand({ NotebookId }))).NotebookMetadata!;
const payload = async (NotebookId: string) =>
  (await user.athena.send(new ExportNotebookCommand({ NotebookId }))).Payload!;

/** A notebook of one cell, as JSON text of exactly `length` characters. */
function notebookOf(length: number, letter = "a"): string {
  const [before, after] = [
    '{"nbformat":4,"nbformat_minor":4,"metadata":{},"cells":[{"cell_type":"raw","metadata":{},"source":"',
    '"}]}',
  ];
  return before + letter.repeat(length - before.length - after.length) + after;
}

/** Writes a file as the object at this URI. */
function objectOf(uri: string, content: string | Buffer): string {
  const file = join(server.home, "buckets", uri.replace("s3://", ""));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

describe("a new notebook", () => {
  test("is an empty one, and its metadata say what it is", async () => {
    const before = Date.now();
    const id = await create("first", { WorkGroup: "owls" });
    expect(id).toMatch(/^[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}$/);
    const found = await metadata(id);
    expect(found).toEqual({
      NotebookId: id,
      Name: "first",
      WorkGroup: "owls",
      Type: "IPYNB",
      CreationTime: found.CreationTime,
      LastModifiedTime: found.CreationTime,
    });
    expect(found.CreationTime!.getTime()).toBeGreaterThanOrEqual(before);
    expect(found.CreationTime!.getTime()).toBeLessThanOrEqual(Date.now());
    const exported = await user.athena.send(new ExportNotebookCommand({ NotebookId: id }));
    expect(exported.NotebookMetadata).toEqual(found);
    expect(JSON.parse(exported.Payload!)).toMatchObject({ nbformat: 4, cells: [] });
  });

  test("can be imported again, as it is exported", async () => {
    const exported = await payload(await create());
    const { NotebookId } = await importing({ Payload: exported });
    expect(await payload(NotebookId!)).toBe(exported);
  });
});

describe("names", () => {
  test.each(["čeština", "梟のノート 📓", "a\tb", "  ", "../..".replaceAll("/", "⁄"), "%2F'\"<>", "𝒳".repeat(255)])(
    "may be %j",
    async (name) => {
      expect((await metadata(await create(name))).Name).toBe(name);
    },
  );

  test("are taken once in each workgroup", async () => {
    const id = await create("snowy");
    const taken = invalidRequest("A notebook named snowy already exists in the workgroup.");
    expect(await refusalOf(create("snowy"))).toMatchObject(taken);
    expect(await refusalOf(importing({ Name: "snowy", Payload: notebookOf(200) }))).toMatchObject(taken);
    const other = await create();
    expect(await refusalOf(rename(other, "snowy"))).toMatchObject(taken);
    await create("snowy", { WorkGroup: "owls" });
    await rename(id, "snowy");
    await remove(id);
    await rename(other, "snowy");
    expect((await metadata(other)).Name).toBe("snowy");
  });

  test.each(["a/b", "a:b", "a\\b", "a\nb", "", "a".repeat(256)])("cannot be %j", async (name) => {
    const constraint = { name: "InvalidRequestException", message: expect.stringContaining("'name' failed") as string };
    expect(await refusalOf(create(name))).toMatchObject(constraint);
    expect(await refusalOf(rename(unknown, name))).toMatchObject(constraint);
  });

  test("cannot hide a slash from the API's pattern", async () => {
    const refused = invalidRequest("The name of a notebook must not contain '/', ':' or '\\'.");
    const id = await create();
    expect(await refusalOf(create("a\u2028/b"))).toMatchObject(refused);
    expect(await refusalOf(rename(id, "a\u2029:b"))).toMatchObject(refused);
  });
});

describe("what does not exist", () => {
  test("a notebook", async () => {
    const refused = invalidRequest(`Notebook ${unknown} was not found`);
    for (const call of [
      () => metadata(unknown),
      () => payload(unknown),
      () => remove(unknown),
      () => rename(unknown, newName()),
      () => update(unknown, notebookOf(200)),
    ])
      expect(await refusalOf(call())).toMatchObject(refused);
  });

  test("a workgroup, or one of Spark", async () => {
    const nowhere = { WorkGroup: "nowhere" };
    const refused = invalidRequest("WorkGroup is not found.");
    expect(await refusalOf(create("a", nowhere))).toMatchObject(refused);
    expect(await refusalOf(importing({ ...nowhere, Payload: notebookOf(200) }))).toMatchObject(refused);
    expect(await refusalOf(user.athena.send(new ListNotebookMetadataCommand(nowhere)))).toMatchObject(refused);
    expect(await refusalOf(create("a", { WorkGroup: "sql" }))).toMatchObject(
      invalidRequest("Workgroup EngineVersion is not Spark."),
    );
  });

  test("after its deletion, which is done once", async () => {
    const id = await create();
    await remove(id);
    expect(await refusalOf(remove(id))).toMatchObject(invalidRequest(`Notebook ${id} was not found`));
    expect(await refusalOf(payload(id))).toMatchObject(invalidRequest(`Notebook ${id} was not found`));
  });
});

describe("ImportNotebook", () => {
  test("keeps every character", async () => {
    const text =
      '\r\n{ "metadata":{"a":"\\u00e9\\ud83e\\udd89 🦉 \\/ 1e400"}, "nbformat_minor":4,"cells":[ ],"nbformat":4.0e0,"z":[1.10, -0]}\t\n ';
    const { NotebookId } = await importing({ Payload: text });
    expect(await payload(NotebookId!)).toBe(text);
  });

  test("repairs what Jupyter opens with a warning, as UpdateNotebook does, and keeps every other character", async () => {
    const notebook = (more: string) =>
      `{"cells": [ {${more}"cell_type": "code", "metadata": {}, "source": "1 + 1"}], "metadata": {"n":1.10}, "nbformat":4, "nbformat_minor":4}\n`;
    const [bare, whole] = [notebook(""), notebook('"outputs": [], "execution_count": null, ')];
    const { NotebookId } = await importing({ Payload: bare });
    expect(await payload(NotebookId!)).toBe(whole);
    const other = await create();
    await update(other, bare);
    expect(await payload(other)).toBe(whole);
    const uri = "s3://glaux-000000000000/notebooks/bare.ipynb";
    objectOf(uri, bare);
    const read = await importing({ NotebookS3LocationUri: uri });
    expect(await payload(read.NotebookId!)).toBe(whole);
  });

  test("refuses one that, repaired, is longer than a payload may be", async () => {
    const Payload = notebookOf(10_485_760).replace('"raw"', '"code"').replace("aa", "");
    expect(Payload.length).toBeLessThan(10_485_760);
    expect(await refusalOf(importing({ Payload }))).toMatchObject(
      invalidRequest("Payload lacks so much that, repaired, it is longer than 10485760 characters."),
    );
  });

  test("refuses what is no notebook, and says where", async () => {
    const refused = (Payload: string) => refusalOf(importing({ Payload }));
    const because = (problem: string) => invalidRequest(`Payload is not a valid notebook: ${problem}.`);
    expect(await refused("not json")).toMatchObject(because("it is not JSON"));
    expect(await refused("[".repeat(1_000_000))).toMatchObject(because("it is nested too deeply"));
    expect(await refused('{"nbformat":3}')).toMatchObject(because("nbformat must be 4"));
    const cells = [{ cell_type: "code", metadata: {}, source: 1, outputs: [], execution_count: null }];
    expect(await refused(JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }))).toMatchObject(
      because("cells[0].source must be a string or a list of strings"),
    );
  });

  test("takes exactly one of Payload and NotebookS3LocationUri", async () => {
    const refused = invalidRequest("Exactly one of Payload and NotebookS3LocationUri is required.");
    expect(await refusalOf(importing({}))).toMatchObject(refused);
    const both = { Payload: notebookOf(200), NotebookS3LocationUri: "s3://bucket/key" };
    expect(await refusalOf(importing(both))).toMatchObject(refused);
  });

  test("reads an object, byte by byte, and keeps what it was then", async () => {
    const uri = "s3://glaux-000000000000/notebooks/a b%20ü.ipynb";
    const text = `${notebookOf(300, "🦉")}\r\n`;
    objectOf(uri, text);
    const { NotebookId } = await importing({ NotebookS3LocationUri: uri });
    objectOf(uri, "changed");
    expect(await payload(NotebookId!)).toBe(text);
    objectOf(uri, text);
    const upper = await importing({ NotebookS3LocationUri: uri.replace("s3:", "S3:") });
    expect(await payload(upper.NotebookId!)).toBe(text);
  });

  test("refuses an object that is none, and one that is no notebook", async () => {
    const refused = (uri: string) => refusalOf(importing({ NotebookS3LocationUri: uri }));
    const none = invalidRequest("There is no object at NotebookS3LocationUri. It must be s3://bucket/key.");
    for (const uri of [
      "s3://glaux-000000000000/none",
      "s3://no-such-bucket/a",
      "s3://glaux-000000000000",
      "s3://glaux-000000000000/../../glaux.db",
      `https://${new URL(server.endpoint).host}/glaux-000000000000/a`,
    ])
      expect(await refused(uri)).toMatchObject(none);

    const uri = "s3://glaux-000000000000/wrong.ipynb";
    const what = "The object at NotebookS3LocationUri";
    objectOf(uri, Buffer.from([0x22, 0xff, 0x22]));
    expect(await refused(uri)).toMatchObject(invalidRequest(`${what} is not a valid notebook: it is not UTF-8.`));
    objectOf(uri, `\ufeff${notebookOf(200)}`);
    expect(await refused(uri)).toMatchObject(invalidRequest(`${what} is not a valid notebook: it is not JSON.`));
    truncateSync(objectOf(uri, ""), 10_485_761);
    expect(await refused(uri)).toMatchObject(invalidRequest(`${what} is larger than 10485760 bytes.`));
    objectOf(uri, notebookOf(10_485_760));
    const { NotebookId } = await importing({ NotebookS3LocationUri: uri });
    expect(await payload(NotebookId!)).toBe(notebookOf(10_485_760));
  });

  test("takes ten megabytes to the last character, and no more", async () => {
    const largest = notebookOf(10_485_760, "é");
    const { NotebookId } = await importing({ Payload: largest });
    expect((await payload(NotebookId!)) === largest).toBe(true); // toBe would print the payload
    expect(await refusalOf(importing({ Payload: notebookOf(10_485_761) }))).toMatchObject(
      invalidRequest(
        "1 validation error detected: Value at 'payload' failed to satisfy constraint: Member must have length less than or equal to 10485760",
      ),
    );
  });
});

describe("UpdateNotebook and UpdateNotebookMetadata", () => {
  test("change content and name, and the time of both", async () => {
    const id = await create();
    const created = await metadata(id);
    await sleep(2);
    await update(id, notebookOf(500));
    const updated = await metadata(id);
    expect(await payload(id)).toBe(notebookOf(500));
    expect(updated.CreationTime).toEqual(created.CreationTime);
    expect(updated.LastModifiedTime!.getTime()).toBeGreaterThan(created.LastModifiedTime!.getTime());
    await rename(id, "renamed");
    expect((await metadata(id)).Name).toBe("renamed");
    expect(await payload(id)).toBe(notebookOf(500));
  });

  test("leave a notebook as it is when they are refused", async () => {
    const id = await create();
    const before = [await metadata(id), await payload(id)];
    expect(await refusalOf(update(id, "{}"))).toMatchObject(
      invalidRequest("Payload is not a valid notebook: nbformat is missing."),
    );
    const other = user.athena.send(
      new UpdateNotebookCommand({ NotebookId: id, Payload: notebookOf(200), Type: "IPYNB", SessionId: unknown }),
    );
    expect(await refusalOf(other)).toMatchObject(
      invalidRequest(`Session ${unknown} is not a session of notebook ${id}.`),
    );
    expect([await metadata(id), await payload(id)]).toEqual(before);
  });

  test("of many at once leave one payload whole", async () => {
    const id = await create();
    const payloads = Array.from("abcdefghij", (letter) => notebookOf(1_000_000, letter));
    const whole = [await payload(id), ...payloads];
    const seen = payloads.map(() => payload(id));
    await Promise.all(payloads.map((one) => update(id, one)));
    // toContain would print megabytes.
    for (const one of await Promise.all(seen)) expect(whole.includes(one)).toBe(true);
    expect(payloads.includes(await payload(id))).toBe(true);
  });
});

describe("request tokens", () => {
  const mismatch = {
    name: "InvalidRequestException",
    message: "Idempotent parameters do not match",
    members: { AthenaErrorCode: "IDEMPOTENT_PARAMETER_MISMATCH" },
  };

  test("make one notebook of 50 identical calls at once", async () => {
    const [name, ClientRequestToken] = [newName(), newToken()];
    const ids = await Promise.all(Array.from({ length: 50 }, () => create(name, { ClientRequestToken })));
    expect(new Set(ids).size).toBe(1);
    await rename(ids[0]!, newName());
    expect(await create(name, { ClientRequestToken })).toBe(ids[0]);
    await remove(ids[0]!);
    expect(await create(name, { ClientRequestToken })).toBe(ids[0]);
    expect(await refusalOf(create(newName(), { ClientRequestToken }))).toMatchObject(mismatch);
  });

  test("are each operation's own, and stay unused by a call that is refused", async () => {
    const ClientRequestToken = newToken();
    const name = newName();
    expect(await refusalOf(importing({ Name: name, Payload: "{}", ClientRequestToken }))).toHaveProperty("message");
    const first = await importing({ Name: name, Payload: notebookOf(200), ClientRequestToken });
    const again = await importing({ Name: name, Payload: notebookOf(200), ClientRequestToken });
    expect(again.NotebookId).toBe(first.NotebookId);
    expect(await refusalOf(importing({ Name: name, Payload: notebookOf(201), ClientRequestToken }))).toMatchObject(
      mismatch,
    );
    expect(await create(newName(), { ClientRequestToken })).not.toBe(first.NotebookId);
  });

  test("do an update and a renaming once", async () => {
    const id = await create();
    const [saving, renaming] = [newToken(), newToken()];
    await update(id, notebookOf(200), saving);
    await update(id, notebookOf(300));
    await update(id, notebookOf(200), saving);
    expect(await payload(id)).toBe(notebookOf(300));
    expect(await refusalOf(update(id, notebookOf(300), saving))).toMatchObject(mismatch);

    const names = [newName(), newName()] as const;
    await rename(id, names[0], renaming);
    await rename(id, names[1]);
    await rename(id, names[0], renaming);
    expect((await metadata(id)).Name).toBe(names[1]);
    expect(await refusalOf(rename(id, names[1], renaming))).toMatchObject(mismatch);
  });

  test("are UUIDs in lower case", async () => {
    for (const token of ["a", newToken().replace("8", "A"), `${newToken()}0`])
      expect((await refusalOf(create(newName(), { ClientRequestToken: token }))).message).toContain(
        "'clientRequestToken' failed to satisfy constraint",
      );
  });
});

describe("ListNotebookMetadata", () => {
  const list = (input: Partial<ListNotebookMetadataCommandInput> = {}) =>
    user.athena.send(new ListNotebookMetadataCommand({ WorkGroup: "listed", ...input }));

  test("is newest first, page by page, and finds names by a part of them", async () => {
    await createWorkGroup("listed", "AUTO");
    expect((await list()).NotebookMetadataList).toEqual([]);
    const names = ["barn owl", "snowy owl", "eagle", "Ural Owl", "little owl"];
    for (const name of names) await create(name, { WorkGroup: "listed" });
    const all = await list();
    expect(all.NotebookMetadataList!.map(({ Name }) => Name)).toEqual([...names].reverse());
    expect(all.NextToken).toBeUndefined();
    expect(all.NotebookMetadataList![0]).toEqual(await metadata(all.NotebookMetadataList![0]!.NotebookId!));

    const pages: string[] = [];
    let token: string | undefined;
    do {
      const page = await list({ MaxResults: 2, NextToken: token });
      expect(page.NotebookMetadataList!.length).toBeLessThanOrEqual(2);
      pages.push(...page.NotebookMetadataList!.map(({ Name }) => Name!));
      // A notebook that is added between two pages must not shift the next page.
      if (token === undefined) await create("newer", { WorkGroup: "listed" });
      token = page.NextToken;
    } while (token !== undefined);
    expect(pages).toEqual([...names].reverse());

    const found = await list({ Filters: { Name: " owl" }, MaxResults: 2 });
    expect(found.NotebookMetadataList!.map(({ Name }) => Name)).toEqual(["little owl", "snowy owl"]);
    const rest = await list({ Filters: { Name: " owl" }, MaxResults: 2, NextToken: found.NextToken });
    expect(rest.NotebookMetadataList!.map(({ Name }) => Name)).toEqual(["barn owl"]);
    expect(rest.NextToken).toBeUndefined();

    const foreign = invalidRequest("NextToken is not valid for this request.");
    expect(await refusalOf(list({ NextToken: found.NextToken }))).toMatchObject(foreign);
    expect(await refusalOf(list({ WorkGroup: "primary", NextToken: found.NextToken }))).toMatchObject(foreign);
  });
});
