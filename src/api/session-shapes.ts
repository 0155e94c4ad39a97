import type { SessionStatistics, SessionStatus } from "@aws-sdk/client-athena";
import type { Session, SessionCondition } from "../domain/entities.ts";

export function sessionStatus(session: SessionCondition): SessionStatus {
  return {
    StartDateTime: new Date(session.createdAt),
    LastModifiedDateTime: new Date(session.modifiedAt),
    EndDateTime: dateOf(session.endedAt),
    IdleSinceDateTime: dateOf(session.idleSinceAt),
    State: session.state,
    StateChangeReason: session.stateReason ?? undefined,
  };
}

export function sessionStatistics(session: Session): SessionStatistics {
  return { DpuExecutionInMillis: session.dpuMs };
}

export function dateOf(at: number | null): Date | undefined {
  return at === null ? undefined : new Date(at);
}
