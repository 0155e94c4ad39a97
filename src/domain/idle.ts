/** When an idle session is to be ended: `idleTimeoutS` seconds after it became idle. Epoch milliseconds; undefined while it is not idle. */
export function idleDeadline(session: { idleSinceAt: number | null; idleTimeoutS: number }): number | undefined {
  return session.idleSinceAt === null ? undefined : session.idleSinceAt + session.idleTimeoutS * 1000;
}
