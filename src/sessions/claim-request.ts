import type { Session } from "../domain/entities.ts";
import { confOf } from "../domain/spark-conf.ts";
import type { ClaimRequest, SessionNames } from "../drivers/types.ts";

export function namesOf(session: Session): SessionNames {
  const { id, workGroup, engineVersion, description } = session;
  return { sessionId: id, workGroup, engineVersion, ...(description === null ? {} : { description }) };
}

/**
 * What a pool member needs to become this session's driver. Properties of the class `launch` are left out: a
 * member that was not launched with them cannot serve the session.
 */
export function claimRequest(session: Session): ClaimRequest {
  return {
    ...namesOf(session),
    conf: confOf("runtime", session.sparkConf),
    contextConf: confOf("contextStatic", session.sparkConf),
  };
}
