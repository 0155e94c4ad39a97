import type { AthenaHandler } from "../protocol/types.ts";
import type { NotebookService } from "../notebooks/notebook-service.ts";
import type { CalculationService } from "../sessions/calculation-service.ts";
import type { SessionService } from "../sessions/session-service.ts";
import type { WorkGroupService } from "../workgroups/work-group-service.ts";
import { createNotebook } from "./create-notebook.ts";
import { createWorkGroup } from "./create-work-group.ts";
import { deleteNotebook } from "./delete-notebook.ts";
import { exportNotebook } from "./export-notebook.ts";
import { getCalculationExecutionCode } from "./get-calculation-execution-code.ts";
import { getCalculationExecutionStatus } from "./get-calculation-execution-status.ts";
import { getCalculationExecution } from "./get-calculation-execution.ts";
import { getNotebookMetadata } from "./get-notebook-metadata.ts";
import { getSessionStatus } from "./get-session-status.ts";
import { getSession } from "./get-session.ts";
import { getWorkGroup } from "./get-work-group.ts";
import { listCalculationExecutions } from "./list-calculation-executions.ts";
import { importNotebook } from "./import-notebook.ts";
import { listNotebookMetadata } from "./list-notebook-metadata.ts";
import { listNotebookSessions } from "./list-notebook-sessions.ts";
import { listSessions } from "./list-sessions.ts";
import { listWorkGroups } from "./list-work-groups.ts";
import type { PageTokens } from "./page-token.ts";
import type { ServedOperation } from "./shapes.ts";
import { startCalculationExecution } from "./start-calculation-execution.ts";
import { startSession } from "./start-session.ts";
import { stopCalculationExecution } from "./stop-calculation-execution.ts";
import { terminateSession } from "./terminate-session.ts";
import { unsupportedHandlers, type UnsupportedOperation } from "./unsupported.ts";
import { updateNotebook } from "./update-notebook.ts";
import { updateNotebookMetadata } from "./update-notebook-metadata.ts";

export interface OperationDeps {
  sessions: SessionService;
  calculations: CalculationService;
  workGroups: WorkGroupService;
  notebooks: NotebookService;
  tokens: PageTokens;
}

/** Every operation of the model, served or refused by name; a test compares the names with the model. */
export function operations(deps: OperationDeps): Record<ServedOperation | UnsupportedOperation, AthenaHandler> {
  return {
    StartSession: startSession(deps),
    GetSession: getSession(deps),
    GetSessionStatus: getSessionStatus(deps),
    ListSessions: listSessions(deps),
    TerminateSession: terminateSession(deps),
    StartCalculationExecution: startCalculationExecution(deps),
    GetCalculationExecution: getCalculationExecution(deps),
    GetCalculationExecutionStatus: getCalculationExecutionStatus(deps),
    GetCalculationExecutionCode: getCalculationExecutionCode(deps),
    ListCalculationExecutions: listCalculationExecutions(deps),
    StopCalculationExecution: stopCalculationExecution(deps),
    CreateWorkGroup: createWorkGroup(deps),
    GetWorkGroup: getWorkGroup(deps),
    ListWorkGroups: listWorkGroups(deps),
    CreateNotebook: createNotebook(deps),
    ImportNotebook: importNotebook(deps),
    ExportNotebook: exportNotebook(deps),
    UpdateNotebook: updateNotebook(deps),
    UpdateNotebookMetadata: updateNotebookMetadata(deps),
    GetNotebookMetadata: getNotebookMetadata(deps),
    ListNotebookMetadata: listNotebookMetadata(deps),
    DeleteNotebook: deleteNotebook(deps),
    ListNotebookSessions: listNotebookSessions(deps),
    ...unsupportedHandlers(),
  };
}
