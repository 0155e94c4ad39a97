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
  readonly id: string;
  startToIdleMs: number;
  /** True if StartSession's own answer was IDLE. */
  isHit: boolean;
  /** From sending StartCalculationExecution to seeing COMPLETED. */
  run(code: string): Promise<number>;
  end(): Promise<void>;
}

export async function startSession(
  client: AthenaClient,
  sparkProperties: Record<string, string> = {},
): Promise<BenchSession> {
  const began = performance.now();
  const { SessionId, State } = await client.send(
    new StartSessionCommand({ WorkGroup: "primary", EngineConfiguration: { SparkProperties: sparkProperties } }),
  );
  const isHit = State === "IDLE";
  if (!isHit) await until("IDLE", async () => (await client.send(new GetSessionStatusCommand({ SessionId }))).Status);
  const startToIdleMs = performance.now() - began;
  return {
    id: SessionId ?? "",
    startToIdleMs,
    isHit,
    async run(code) {
      const sentAt = performance.now();
      const { CalculationExecutionId, State } = await client.send(
        new StartCalculationExecutionCommand({ SessionId, CodeBlock: code }),
      );
      if (State !== "COMPLETED")
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

/** Asks again as soon as an answer comes, because the service holds an answer until the state changes. */
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
