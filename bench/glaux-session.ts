import {
  type AthenaClient,
  GetCalculationExecutionStatusCommand,
  GetSessionStatusCommand,
  StartCalculationExecutionCommand,
  StartSessionCommand,
  TerminateSessionCommand,
} from "@aws-sdk/client-athena";

/** One session as a stock client drives it. All times in milliseconds. */
export interface BenchSession {
  startToIdleMs: number;
  /** From sending StartCalculationExecution to seeing COMPLETED. */
  run(code: string): Promise<number>;
  end(): Promise<void>;
}

export async function startSession(client: AthenaClient): Promise<BenchSession> {
  const began = performance.now();
  const { SessionId } = await client.send(new StartSessionCommand({ WorkGroup: "primary", EngineConfiguration: {} }));
  await until("IDLE", async () => (await client.send(new GetSessionStatusCommand({ SessionId }))).Status);
  const startToIdleMs = performance.now() - began;
  return {
    startToIdleMs,
    async run(code) {
      const sentAt = performance.now();
      const { CalculationExecutionId } = await client.send(
        new StartCalculationExecutionCommand({ SessionId, CodeBlock: code }),
      );
      await until(
        "COMPLETED",
        async () => (await client.send(new GetCalculationExecutionStatusCommand({ CalculationExecutionId }))).Status,
      );
      return performance.now() - sentAt;
    },
    async end() {
      await client.send(new TerminateSessionCommand({ SessionId }));
      await until("TERMINATED", async () => (await client.send(new GetSessionStatusCommand({ SessionId }))).Status);
    },
  };
}

/** Asks again as soon as it is answered: the service holds an answer until the state changes. */
async function until(
  state: string,
  read: () => Promise<{ State?: string | undefined; StateChangeReason?: string | undefined } | undefined>,
): Promise<void> {
  for (;;) {
    const status = await read();
    if (status?.State === state) return;
    if (status?.State === "FAILED") throw new Error(`FAILED: ${status.StateChangeReason ?? ""}`);
  }
}
