import { z } from "zod";

/**
 * The control messages of docs/driver-protocol.md, as the server sees them. The Python side has the same
 * table as dataclasses, and both tables are tested against the fixtures in test/fixtures/messages. Unknown
 * members and unknown messages are ignored, so either side may be the newer version.
 */
export const protocolVersion = 1;

const text = z.string();
const count = z.number().int().nonnegative();

/** A streaming query that is active. `sinceAt` is in epoch milliseconds. */
export const query = z.object({
  id: text,
  runId: text,
  name: text.nullable(),
  sinceAt: z.number(),
  calculationId: text.nullable(),
});

export const stage = z.object({ stageId: count, name: text, completed: count, total: count });

/** Supervisor → server, not journaled. */
export const answers = {
  welcome: z.object({
    type: z.literal("welcome"),
    protocol: count,
    driverId: text,
    pid: count,
    seq: count,
    phase: z.enum(["booting", "ready", "ending"]),
    calculationId: text.nullable(),
    pooled: z.boolean().default(false),
    canRaisePriority: z.boolean().default(false),
  }),
  pong: z.object({ type: z.literal("pong"), id: count, jvm: z.boolean() }),
  executors: z.object({ type: z.literal("executors"), id: count, executors: z.array(z.record(text, z.unknown())) }),
  queries: z.object({ type: z.literal("queries"), id: count, queries: z.array(query) }),
  progress: z.object({
    type: z.literal("progress"),
    calculationId: text,
    progress: z.number().min(0).max(100),
    executors: count,
    activeTasks: count,
    completedTasks: count,
    totalTasks: count,
    stages: z.array(stage),
  }),
} as const;

const journaled = { seq: z.number().int().positive(), at: z.number() };

/** Supervisor → server, journaled before they are sent. */
export const events = {
  started: z.object({ type: z.literal("started"), ...journaled, pid: count, bootId: text }),
  ready: z.object({
    type: z.literal("ready"),
    ...journaled,
    sparkVersion: text,
    pythonVersion: text,
    javaVersion: text,
    applicationId: text,
    jvmPid: count,
    runnerPid: count,
    bootMs: z.number(),
  }),
  claimed: z.object({
    type: z.literal("claimed"),
    ...journaled,
    sessionId: text,
    applicationId: text,
    contextReplaced: z.boolean(),
    tookMs: z.number().nonnegative(),
  }),
  accepted: z.object({ type: z.literal("accepted"), ...journaled, calculationId: text }),
  running: z.object({ type: z.literal("running"), ...journaled, calculationId: text }),
  stopping: z.object({ type: z.literal("stopping"), ...journaled, calculationId: text }),
  finished: z
    .object({
      type: z.literal("finished"),
      ...journaled,
      calculationId: text,
      outcome: z.enum(["completed", "failed", "canceled"]),
      errorType: text.nullable(),
      errorMessage: text.nullable(),
      variablesLost: z.boolean(),
      driverLost: text.nullable().optional(),
      displayed: z.boolean(),
      durationMs: z.number().nonnegative(),
      dpuMs: z.number().nonnegative(),
    })
    // Earlier versions wrote no `driverLost`, and their journals may still be read. Their error type
    // `SparkDriverLost` says the same.
    .transform(({ driverLost, ...event }) => ({
      ...event,
      driverLost:
        driverLost === undefined && event.errorType === "SparkDriverLost"
          ? (event.errorMessage ?? "")
          : (driverLost ?? null),
    })),
  runner_lost: z.object({ type: z.literal("runner_lost"), ...journaled, reason: text }),
  runner_ready: z.object({ type: z.literal("runner_ready"), ...journaled, runnerPid: count }),
  context_restarted: z.object({ type: z.literal("context_restarted"), ...journaled, applicationId: text }),
  degraded: z.object({ type: z.literal("degraded"), ...journaled, reason: text }),
  recovered: z.object({ type: z.literal("recovered"), ...journaled }),
  ended: z.object({ type: z.literal("ended"), ...journaled, reason: text, clean: z.boolean() }),
} as const;

export const driverEvent = oneOf(events);
export const driverAnswer = oneOf(answers);

/**
 * An event that this version does not know, or cannot read. Answers are excluded because `welcome` has a
 * `seq` too: an unreadable `welcome` is not an event.
 */
const unknownEvent = z.object({ type: text.refine((type) => !(type in answers)), seq: journaled.seq });

export type DriverEvent = z.infer<typeof driverEvent>;
export type DriverAnswer = z.infer<typeof driverAnswer>;
export type Welcome = z.infer<typeof answers.welcome>;
export type Pong = z.infer<typeof answers.pong>;
export type Query = z.infer<typeof query>;
export type Progress = z.infer<typeof answers.progress>;

/**
 * A journaled event that this version does not know, or cannot read. The server acknowledges it all the same,
 * because otherwise it would stand before all later events for ever.
 */
export interface UnknownEvent {
  type: "unknown";
  seq: number;
  line: string;
}

export type JournaledMessage = DriverEvent | UnknownEvent;
export type DriverMessage = JournaledMessage | DriverAnswer;

/** Server → supervisor. */
export type ServerMessage =
  | { type: "hello"; protocol: number; token: string; from: number }
  | { type: "ack"; seq: number }
  | { type: "assign"; sessionId: string; workGroup: string; engineVersion: string; description?: string }
  | {
      type: "claim";
      sessionId: string;
      workGroup: string;
      engineVersion: string;
      description?: string;
      conf: Record<string, string>;
      contextConf: Record<string, string>;
    }
  | { type: "pause" }
  | { type: "resume" }
  | { type: "run"; calculationId: string; code: string; stdout: string; stderr: string; results: string }
  | { type: "stop"; calculationId: string }
  | { type: "executors"; id: number }
  | { type: "queries"; id: number }
  | { type: "ping"; id: number }
  | { type: "shutdown"; graceMs: number };

/**
 * Reads one line from a supervisor. Undefined if the line is cut short or malformed, or if it is a message
 * without `seq` of a type that this version does not know.
 */
export function parseDriverLine(line: string): DriverMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const event = driverEvent.safeParse(value);
  if (event.success) return event.data;
  const answer = driverAnswer.safeParse(value);
  if (answer.success) return answer.data;
  const numbered = unknownEvent.safeParse(value);
  return numbered.success ? { type: "unknown", seq: numbered.data.seq, line } : undefined;
}

function oneOf<Messages extends Record<string, z.core.$ZodTypeDiscriminable>>(messages: Messages) {
  type Schema = Messages[keyof Messages];
  return z.discriminatedUnion("type", Object.values(messages) as [Schema, ...Schema[]]);
}

export function isJournaled(message: DriverMessage): message is JournaledMessage {
  return message.type === "unknown" || message.type in events;
}
