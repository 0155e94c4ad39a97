// One interface to the two official SDKs. A call is an operation's name and its input in the model's terms.
// The answer is the bytes of the body as they came.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import * as sdk from "@aws-sdk/client-athena";
import { testTool } from "../support/tools/tools.ts";

export interface RawAnswer {
  readonly status: number;
  /** The body as it came over the wire. */
  readonly body: string;
  /** The class of the error that the SDK raised. */
  readonly error?: string;
}

export interface Caller {
  call(operation: string, input: object): Promise<RawAnswer>;
}

type Command = new (input: object) => Parameters<sdk.AthenaClient["send"]>[0];

/** Calls by the SDK for JavaScript, which takes endpoint and credentials from the environment. */
export function javaScriptCaller(): Caller & Disposable {
  const client = new sdk.AthenaClient({ maxAttempts: 1 });
  let last = { status: 0, body: "" };
  const handler = client.config.requestHandler;
  const handle = handler.handle.bind(handler);
  handler.handle = async (...request) => {
    const answer = (await handle(...request)) as { response: { statusCode: number; body: unknown } };
    const bytes: Buffer[] = [];
    for await (const chunk of answer.response.body as AsyncIterable<Buffer>) bytes.push(chunk);
    const body = Buffer.concat(bytes);
    last = { status: answer.response.statusCode, body: body.toString("utf8") };
    answer.response.body = body;
    return answer;
  };
  return {
    async call(operation, input) {
      const command = (sdk as unknown as Record<string, Command>)[`${operation}Command`];
      if (command === undefined) throw new Error(`The SDK has no ${operation}`);
      try {
        await client.send(new command(input));
        return last;
      } catch (error) {
        return { ...last, error: (error as Error).name };
      }
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}

/** Calls by boto3, in a Python process that reads a line of JSON for each call. */
export function boto3Caller(env: NodeJS.ProcessEnv): Caller & AsyncDisposable {
  const child = spawn(testTool("python"), [join(import.meta.dirname, "boto3_caller.py")], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("close", resolve));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async call(operation, input) {
      child.stdin.write(`${JSON.stringify({ operation, input })}\n`);
      const { value, done } = await answers.next();
      if (done === true) throw new Error("boto3's process has ended");
      return JSON.parse(value) as RawAnswer;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}
