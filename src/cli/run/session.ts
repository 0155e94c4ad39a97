import {
  GetSessionStatusCommand,
  StartSessionCommand,
  TerminateSessionCommand,
  type SessionState,
} from "@aws-sdk/client-athena";
import { randomUUID } from "node:crypto";
import { delay } from "../../lib/delay.ts";
import { CliError } from "../failure.ts";
import type { ServiceLink } from "./service-link.ts";

export interface SessionWish {
  workGroup: string;
  conf: Readonly<Record<string, string>>;
  idleTimeoutMinutes: number | undefined;
  description: string;
}

/** Starts a session, which may take a moment until it is ready. */
export async function startSession(link: ServiceLink, wish: SessionWish): Promise<string> {
  const command = new StartSessionCommand({
    WorkGroup: wish.workGroup,
    Description: wish.description,
    EngineConfiguration: Object.keys(wish.conf).length > 0 ? { SparkProperties: { ...wish.conf } } : {},
    SessionIdleTimeoutInMinutes: wish.idleTimeoutMinutes,
    ClientRequestToken: randomUUID(),
  });
  const { SessionId } = await link.call(({ athena }) => athena.send(command));
  if (SessionId === undefined) throw new CliError("the service answered StartSession without a session id");
  return SessionId;
}

/** Resolves when a calculation can be started. Throws CliError if the session is busy or has ended. */
export async function sessionReady(link: ServiceLink, id: string, signal: AbortSignal): Promise<void> {
  for (let waitMs = 25; ; waitMs = Math.min(waitMs * 2, 400)) {
    const { state, reason } = await sessionStatus(link, id);
    if (state === "IDLE") return;
    if (state === "BUSY")
      throw new CliError(`session ${id} is busy with another calculation: wait for its end, or use another session`);
    if (state !== "CREATING" && state !== "CREATED") {
      throw new CliError(`session ${id} is ${state ?? "in no state"}${reason === undefined ? "" : `: ${reason}`}`);
    }
    await delay(waitMs, signal);
    signal.throwIfAborted();
  }
}

/**
 * Ends a session. With `untilGone` it resolves when none of the session's processes is left, or after
 * `limitMs`.
 */
export async function endSession(
  link: ServiceLink,
  id: string,
  { untilGone, limitMs = 15_000 }: { untilGone: boolean; limitMs?: number },
) {
  await link.call(({ athena }) => athena.send(new TerminateSessionCommand({ SessionId: id })));
  const deadline = performance.now() + limitMs;
  while (untilGone && performance.now() < deadline) {
    const { state } = await sessionStatus(link, id);
    if (state === "TERMINATED" || state === "FAILED") return;
    await delay(50);
  }
}

async function sessionStatus(
  link: ServiceLink,
  id: string,
): Promise<{ state: SessionState | undefined; reason: string | undefined }> {
  const { Status } = await link.call(({ athena }) => athena.send(new GetSessionStatusCommand({ SessionId: id })));
  return { state: Status?.State, reason: Status?.StateChangeReason };
}
