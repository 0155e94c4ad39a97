// A notebook and its one active session.
import {
  CreateNotebookCommand,
  CreateWorkGroupCommand,
  DeleteNotebookCommand,
  ExportNotebookCommand,
  GetSessionCommand,
  ListNotebookSessionsCommand,
  StartSessionCommand,
  TerminateSessionCommand,
  UpdateNotebookCommand,
  UpdateNotebookMetadataCommand,
  type StartSessionCommandInput,
} from "@aws-sdk/client-athena";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { refusalOf } from "../support/refusal.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let user: AthenaUser;
/** A new one for each test. */
let notebook: string;
let made = 0;

beforeAll(async () => {
  server = await startServer();
  user = athenaUser(server);
});
beforeEach(async () => {
  const command = new CreateNotebookCommand({ WorkGroup: "primary", Name: `owls ${String(++made)}` });
  notebook = (await user.athena.send(command)).NotebookId!;
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const unknown = "00000000-0000-4000-8000-000000000000";
const version = "Athena notebook version 1";
const ipynb = (name: string) => JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { name }, cells: [] });

const start = (NotebookId: string | undefined, more: Partial<StartSessionCommandInput> = {}) =>
  user.athena.send(
    new StartSessionCommand({
      WorkGroup: "primary",
      EngineConfiguration: NotebookId === undefined ? {} : { AdditionalConfigs: { NotebookId } },
      NotebookVersion: version,
      ...more,
    }),
  );
const sessions = (NotebookId = notebook) => user.athena.send(new ListNotebookSessionsCommand({ NotebookId }));
const save = (name: string, SessionId?: string) =>
  user.athena.send(new UpdateNotebookCommand({ NotebookId: notebook, Payload: ipynb(name), Type: "IPYNB", SessionId }));
const rename = (Name: string) => user.athena.send(new UpdateNotebookMetadataCommand({ NotebookId: notebook, Name }));
const remove = () => user.athena.send(new DeleteNotebookCommand({ NotebookId: notebook }));
const saved = async () => (await user.athena.send(new ExportNotebookCommand({ NotebookId: notebook }))).Payload;

const invalid = (message: string) => ({ name: "InvalidRequestException", message });
const notFound = (message: string, ResourceName: string) => ({
  name: "ResourceNotFoundException",
  message,
  members: { ResourceName },
});

test("a session says of which notebook it is, in both members or in none", async () => {
  expect(await refusalOf(start(notebook, { NotebookVersion: undefined }))).toMatchObject(
    invalid("NotebookVersion is required when NotebookId is provided."),
  );
  expect(await refusalOf(start(undefined))).toMatchObject(
    invalid("NotebookId is required when NotebookVersion is provided."),
  );
  expect(await refusalOf(start(notebook, { NotebookVersion: "Athena notebook version 2" }))).toMatchObject(
    invalid("NotebookVersion must be 'Athena notebook version 1'."),
  );
});

test("a notebook that does not exist, or not in the session's workgroup, is not found", async () => {
  expect(await refusalOf(start(unknown))).toMatchObject(
    notFound(`Notebook ${unknown} was not found in workgroup primary`, unknown),
  );
  await user.athena.send(new CreateWorkGroupCommand({ Name: "other" }));
  expect(await refusalOf(start(notebook, { WorkGroup: "other" }))).toMatchObject(
    notFound(`Notebook ${notebook} was not found in workgroup other`, notebook),
  );
  expect(await refusalOf(sessions(unknown))).toMatchObject(notFound(`Notebook ${unknown} was not found`, unknown));
});

test("has one active session, which alone may save; without one it is anybody's", async () => {
  expect((await sessions()).NotebookSessionsList).toEqual([]);
  const starts = await Promise.allSettled(Array.from({ length: 10 }, () => start(notebook)));
  const started = starts.filter((outcome) => outcome.status === "fulfilled").map(({ value }) => value.SessionId!);
  expect(started).toHaveLength(1);
  const session = started[0]!;
  expect(await refusalOf(start(notebook))).toMatchObject({
    name: "SessionAlreadyExistsException",
    message: `Notebook ${notebook} already has an active session`,
    status: 400,
  });

  const shown = await user.athena.send(new GetSessionCommand({ SessionId: session }));
  expect(shown).toMatchObject({
    NotebookVersion: version,
    EngineConfiguration: { AdditionalConfigs: { NotebookId: notebook } },
  });
  expect(await sessions()).toMatchObject({
    NotebookSessionsList: [{ SessionId: session, CreationTime: shown.Status!.StartDateTime }],
  });

  const busy = invalid(`Notebook ${notebook} has an active session, ${session}, which must be terminated first.`);
  expect(await refusalOf(rename("eagles"))).toMatchObject(busy);
  expect(await refusalOf(remove())).toMatchObject(busy);
  const before = await saved();
  expect(await refusalOf(save("a"))).toMatchObject(
    invalid(`SessionId is required: notebook ${notebook} has an active session.`),
  );
  expect(await refusalOf(save("a", unknown))).toMatchObject(
    invalid(`Session ${unknown} is not the active session of notebook ${notebook}.`),
  );
  expect(await saved()).toBe(before);
  await save("b", session);
  expect(await saved()).toBe(ipynb("b"));

  await user.athena.send(new TerminateSessionCommand({ SessionId: session }));
  expect((await sessions()).NotebookSessionsList).toEqual([]);
  await save("c", session);
  await save("d");
  expect(await saved()).toBe(ipynb("d"));
  expect(await refusalOf(save("e", unknown))).toMatchObject(
    invalid(`Session ${unknown} is not a session of notebook ${notebook}.`),
  );
  await rename("eagles");

  const next = await start(notebook);
  expect((await sessions()).NotebookSessionsList!.map(({ SessionId }) => SessionId)).toEqual([next.SessionId]);
  await user.athena.send(new TerminateSessionCommand({ SessionId: next.SessionId }));
  await remove();
  expect(await refusalOf(sessions())).toMatchObject(notFound(`Notebook ${notebook} was not found`, notebook));
  // The session keeps its notebook's version after the notebook is deleted.
  expect((await user.athena.send(new GetSessionCommand({ SessionId: session }))).NotebookVersion).toBe(version);
});
