import type { AthenaHandler } from "../protocol/types.ts";
import type { NotebookService } from "../notebooks/notebook-service.ts";
import type { CalculationService } from "../sessions/calculation-service.ts";
import type { ExecutorService } from "../sessions/executor-service.ts";
import type { SessionService } from "../sessions/session-service.ts";
import type { Resources } from "../tags/resources.ts";
import type { TagService } from "../tags/tag-service.ts";
import type { WorkGroupService } from "../workgroups/work-group-service.ts";
import { createPresignedNotebookUrl } from "./create-presigned-notebook-url.ts";
import { createNotebook } from "./create-notebook.ts";
import { createWorkGroup } from "./create-work-group.ts";
import { deleteWorkGroup } from "./delete-work-group.ts";
import { deleteNotebook } from "./delete-notebook.ts";
import { exportNotebook } from "./export-notebook.ts";
import { getCalculationExecutionCode } from "./get-calculation-execution-code.ts";
import { getCalculationExecutionStatus } from "./get-calculation-execution-status.ts";
import { getCalculationExecution } from "./get-calculation-execution.ts";
import { getResourceDashboard } from "./get-resource-dashboard.ts";
import { getSessionEndpoint } from "./get-session-endpoint.ts";
import { getNotebookMetadata } from "./get-notebook-metadata.ts";
import { getSessionStatus } from "./get-session-status.ts";
import { getSession } from "./get-session.ts";
import { getWorkGroup } from "./get-work-group.ts";
import { listApplicationDpuSizes } from "./list-application-dpu-sizes.ts";
import { listCalculationExecutions } from "./list-calculation-executions.ts";
import { listEngineVersions } from "./list-engine-versions.ts";
import { listExecutors } from "./list-executors.ts";
import { importNotebook } from "./import-notebook.ts";
import { listNotebookMetadata } from "./list-notebook-metadata.ts";
import { listNotebookSessions } from "./list-notebook-sessions.ts";
import { listSessions } from "./list-sessions.ts";
import { listTagsForResource } from "./list-tags-for-resource.ts";
import { listWorkGroups } from "./list-work-groups.ts";
import type { PageTokens } from "./page-token.ts";
import type { ServedOperation, UnsupportedOperation } from "./shapes.generated.ts";
import { startCalculationExecution } from "./start-calculation-execution.ts";
import { startSession } from "./start-session.ts";
import { stopCalculationExecution } from "./stop-calculation-execution.ts";
import { tagResource } from "./tag-resource.ts";
import { terminateSession } from "./terminate-session.ts";
import { unsupportedHandlers } from "./unsupported.ts";
import { updateNotebook } from "./update-notebook.ts";
import { updateNotebookMetadata } from "./update-notebook-metadata.ts";
import { untagResource } from "./untag-resource.ts";
import { updateWorkGroup } from "./update-work-group.ts";

export interface OperationDeps {
  sessions: SessionService;
  calculations: CalculationService;
  workGroups: WorkGroupService;
  notebooks: NotebookService;
  executors: ExecutorService;
  tags: TagService;
  resources: Resources;
  tokens: PageTokens;
}

/**
 * The handlers of all operations in the API's model. An operation that is not served has a handler that
 * refuses it by name. A test compares the names with the model.
 */
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
    UpdateWorkGroup: updateWorkGroup(deps),
    DeleteWorkGroup: deleteWorkGroup(deps),
    TagResource: tagResource(deps),
    UntagResource: untagResource(deps),
    ListTagsForResource: listTagsForResource(deps),
    ListEngineVersions: listEngineVersions(deps),
    ListExecutors: listExecutors(deps),
    ListApplicationDPUSizes: listApplicationDpuSizes(deps),
    GetSessionEndpoint: getSessionEndpoint(deps),
    GetResourceDashboard: getResourceDashboard(deps),
    CreatePresignedNotebookUrl: createPresignedNotebookUrl(deps),
    ...unsupportedHandlers(),
  };
}
