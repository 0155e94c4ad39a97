// A user of the AWS SDK for JavaScript. The clients take endpoint and credentials from the environment, as
// for a real user after `eval "$(glaux env)"`.
import {
  AthenaClient,
  GetCalculationExecutionCommand,
  GetCalculationExecutionStatusCommand,
  GetSessionStatusCommand,
  StartCalculationExecutionCommand,
  StartSessionCommand,
  type CalculationExecutionState,
  type GetCalculationExecutionCommandOutput,
  type GetSessionStatusCommandOutput,
  type SessionState,
  type StartSessionCommandInput,
} from "@aws-sdk/client-athena";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { TestServer } from "./server.ts";
import { waitFor } from "./wait-for.ts";

/** A calculation that has ended, with its output. */
export interface Ended {
  readonly id: string;
  readonly state: CalculationExecutionState;
  readonly reason: string | undefined;
  /**
   * The text of the object `stdout`. It is read even for a canceled calculation, whose result does not name
   * it.
   */
  readonly stdout: string;
  readonly stderr: string;
  readonly execution: GetCalculationExecutionCommandOutput;
}

export interface AthenaUser extends Disposable {
  readonly athena: AthenaClient;
  readonly s3: S3Client;
  /** Starts a session (in `primary` by default) and waits until it is IDLE. */
  idleSession(input?: Partial<StartSessionCommandInput>): Promise<string>;
  sessionStatus(sessionId: string): Promise<NonNullable<GetSessionStatusCommandOutput["Status"]>>;
  /**
   * Waits until the session is in one of these states. Rejects at once if the session is FAILED and FAILED is
   * not among them.
   */
  sessionIn(sessionId: string, ...states: SessionState[]): Promise<SessionState>;
  /** Starts a calculation and returns its id. */
  start(sessionId: string, code: string): Promise<string>;
  /** Waits for the end of a calculation. */
  ended(calculationId: string): Promise<Ended>;
  /** Calls `start`, then `ended`. */
  run(sessionId: string, code: string): Promise<Ended>;
  /** Calls `run` and returns what the calculation printed. Rejects if the calculation does not complete. */
  print(sessionId: string, code: string): Promise<string>;
  /** The content of the object at an `s3://` URI. */
  bytes(uri: string | undefined): Promise<Buffer>;
  text(uri: string | undefined): Promise<string>;
}

export function athenaUser(server: Pick<TestServer, "env">): AthenaUser {
  const leave = enterEnvironment(server.env);
  // The SDK caches configuration files by their path, and reads them here. A later server on the same folder
  // would have another address.
  const athena = new AthenaClient({ maxAttempts: 1 });
  const s3 = new S3Client({ maxAttempts: 1 });

  const user: AthenaUser = {
    athena,
    s3,
    async idleSession(input = {}) {
      const started = await athena.send(
        new StartSessionCommand({ WorkGroup: "primary", EngineConfiguration: {}, ...input }),
      );
      await user.sessionIn(started.SessionId ?? "", "IDLE");
      return started.SessionId ?? "";
    },
    async sessionStatus(sessionId) {
      const { Status } = await athena.send(new GetSessionStatusCommand({ SessionId: sessionId }));
      return Status ?? {};
    },
    async sessionIn(sessionId, ...states) {
      return waitFor(`session ${sessionId} in ${states.join(" or ")}`, async () => {
        const { State: state = "CREATING", StateChangeReason: why } = await user.sessionStatus(sessionId);
        if (states.includes(state)) return state;
        if (state === "FAILED") throw new Error(`The session failed: ${why ?? "no reason given"}`);
        return undefined;
      });
    },
    async start(sessionId, code) {
      const started = await athena.send(
        new StartCalculationExecutionCommand({ SessionId: sessionId, CodeBlock: code }),
      );
      return started.CalculationExecutionId ?? "";
    },
    async ended(calculationId) {
      const command = new GetCalculationExecutionStatusCommand({ CalculationExecutionId: calculationId });
      const state = await waitFor(`the end of calculation ${calculationId}`, async () => {
        const { Status } = await athena.send(command);
        return Status?.State && ["COMPLETED", "FAILED", "CANCELED"].includes(Status.State) ? Status.State : undefined;
      });
      const execution = await athena.send(
        new GetCalculationExecutionCommand({ CalculationExecutionId: calculationId }),
      );
      const folder = execution.WorkingDirectory ?? "";
      return {
        id: calculationId,
        state,
        reason: execution.Status?.StateChangeReason,
        stdout: await user.text(execution.Result?.StdOutS3Uri ?? `${folder}/stdout`),
        stderr: await user.text(execution.Result?.StdErrorS3Uri ?? `${folder}/stderr`),
        execution,
      };
    },
    async run(sessionId, code) {
      return user.ended(await user.start(sessionId, code));
    },
    async print(sessionId, code) {
      const ended = await user.run(sessionId, code);
      if (ended.state === "COMPLETED") return ended.stdout;
      throw new Error(`The calculation is ${ended.state}: ${ended.reason ?? ""}\n${ended.stderr}`);
    },
    async bytes(uri) {
      const { Body } = await s3.send(new GetObjectCommand(bucketAndKey(uri)));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    async text(uri) {
      return (await user.bytes(uri)).toString("utf8");
    },
    [Symbol.dispose]() {
      athena.destroy();
      s3.destroy();
      leave();
    },
  };
  return user;
}

export function bucketAndKey(uri: string | undefined): { Bucket: string; Key: string } {
  const match = /^s3:\/\/([a-zA-Z0-9.\-_]+)\/(.+)$/.exec(uri ?? "");
  if (!match?.[1] || !match[2]) throw new Error(`Not the URI of an object: ${String(uri)}`);
  return { Bucket: match[1], Key: match[2] };
}

/** Sets the variables that AWS clients read. The returned function restores the old values. */
function enterEnvironment(env: NodeJS.ProcessEnv): () => void {
  const isOurs = ([name]: [string, unknown]) => name.startsWith("AWS_");
  const before = Object.entries(process.env).filter(isOurs);
  const replace = (entries: [string, string | undefined][]) => {
    for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, Object.fromEntries(entries));
  };
  replace(Object.entries(env).filter(isOurs));
  return () => replace(before);
}
