import type { SessionService } from "../sessions/session-service.ts";
import { operation } from "./operation.ts";
import { sessionStatistics, sessionStatus } from "./session-shapes.ts";

export const getSession = (deps: { sessions: Pick<SessionService, "get"> }) =>
  operation("GetSession", async (input) => {
    const session = await deps.sessions.get(input.SessionId);
    return {
      SessionId: session.id,
      Description: session.description ?? undefined,
      WorkGroup: session.workGroup,
      EngineVersion: session.engineVersion,
      EngineConfiguration: session.engineConfiguration,
      NotebookVersion: session.notebookVersion ?? undefined,
      MonitoringConfiguration: session.monitoring ?? undefined,
      SessionConfiguration: {
        ExecutionRole: session.executionRole ?? undefined,
        WorkingDirectory: session.workingDirectory,
        IdleTimeoutSeconds: session.idleTimeoutS,
        SessionIdleTimeoutInMinutes: session.idleTimeoutS / 60,
        EncryptionConfiguration: session.encryption ?? undefined,
      },
      Status: sessionStatus(session),
      Statistics: sessionStatistics(session),
    };
  });
