import type * as athena from "@aws-sdk/client-athena";

/**
 * The shapes of the served operations, from the SDK's own types. `Required` members are there, since requests are checked against the model before a handler
 * sees them; a test holds this list against the model.
 */
interface Shape<Input, Output, Required extends keyof Input = never> {
  input: Input & { [Member in Required]-?: NonNullable<Input[Member]> };
  output: Output;
}

export interface Shapes {
  StartSession: Shape<athena.StartSessionRequest, athena.StartSessionResponse, "WorkGroup" | "EngineConfiguration">;
  GetSession: Shape<athena.GetSessionRequest, athena.GetSessionResponse, "SessionId">;
  GetSessionStatus: Shape<athena.GetSessionStatusRequest, athena.GetSessionStatusResponse, "SessionId">;
  ListSessions: Shape<athena.ListSessionsRequest, athena.ListSessionsResponse, "WorkGroup">;
  TerminateSession: Shape<athena.TerminateSessionRequest, athena.TerminateSessionResponse, "SessionId">;
  StartCalculationExecution: Shape<
    athena.StartCalculationExecutionRequest,
    athena.StartCalculationExecutionResponse,
    "SessionId"
  >;
  GetCalculationExecution: Shape<
    athena.GetCalculationExecutionRequest,
    athena.GetCalculationExecutionResponse,
    "CalculationExecutionId"
  >;
  GetCalculationExecutionStatus: Shape<
    athena.GetCalculationExecutionStatusRequest,
    athena.GetCalculationExecutionStatusResponse,
    "CalculationExecutionId"
  >;
  GetCalculationExecutionCode: Shape<
    athena.GetCalculationExecutionCodeRequest,
    athena.GetCalculationExecutionCodeResponse,
    "CalculationExecutionId"
  >;
  ListCalculationExecutions: Shape<
    athena.ListCalculationExecutionsRequest,
    athena.ListCalculationExecutionsResponse,
    "SessionId"
  >;
  StopCalculationExecution: Shape<
    athena.StopCalculationExecutionRequest,
    athena.StopCalculationExecutionResponse,
    "CalculationExecutionId"
  >;
  CreateWorkGroup: Shape<athena.CreateWorkGroupInput, athena.CreateWorkGroupOutput, "Name">;
  GetWorkGroup: Shape<athena.GetWorkGroupInput, athena.GetWorkGroupOutput, "WorkGroup">;
  ListWorkGroups: Shape<athena.ListWorkGroupsInput, athena.ListWorkGroupsOutput>;
  CreateNotebook: Shape<athena.CreateNotebookInput, athena.CreateNotebookOutput, "WorkGroup" | "Name">;
  ImportNotebook: Shape<athena.ImportNotebookInput, athena.ImportNotebookOutput, "WorkGroup" | "Name" | "Type">;
  ExportNotebook: Shape<athena.ExportNotebookInput, athena.ExportNotebookOutput, "NotebookId">;
  UpdateNotebook: Shape<athena.UpdateNotebookInput, athena.UpdateNotebookOutput, "NotebookId" | "Payload" | "Type">;
  UpdateNotebookMetadata: Shape<
    athena.UpdateNotebookMetadataInput,
    athena.UpdateNotebookMetadataOutput,
    "NotebookId" | "Name"
  >;
  GetNotebookMetadata: Shape<athena.GetNotebookMetadataInput, athena.GetNotebookMetadataOutput, "NotebookId">;
  ListNotebookMetadata: Shape<athena.ListNotebookMetadataInput, athena.ListNotebookMetadataOutput, "WorkGroup">;
  DeleteNotebook: Shape<athena.DeleteNotebookInput, athena.DeleteNotebookOutput, "NotebookId">;
  ListNotebookSessions: Shape<athena.ListNotebookSessionsRequest, athena.ListNotebookSessionsResponse, "NotebookId">;
  UpdateWorkGroup: Shape<athena.UpdateWorkGroupInput, athena.UpdateWorkGroupOutput, "WorkGroup">;
  DeleteWorkGroup: Shape<athena.DeleteWorkGroupInput, athena.DeleteWorkGroupOutput, "WorkGroup">;
  TagResource: Shape<athena.TagResourceInput, athena.TagResourceOutput, "ResourceARN" | "Tags">;
  UntagResource: Shape<athena.UntagResourceInput, athena.UntagResourceOutput, "ResourceARN" | "TagKeys">;
  ListTagsForResource: Shape<athena.ListTagsForResourceInput, athena.ListTagsForResourceOutput, "ResourceARN">;
  ListEngineVersions: Shape<athena.ListEngineVersionsInput, athena.ListEngineVersionsOutput>;
  ListExecutors: Shape<athena.ListExecutorsRequest, athena.ListExecutorsResponse, "SessionId">;
  ListApplicationDPUSizes: Shape<athena.ListApplicationDPUSizesInput, athena.ListApplicationDPUSizesOutput>;
  GetSessionEndpoint: Shape<athena.GetSessionEndpointRequest, athena.GetSessionEndpointResponse, "SessionId">;
  GetResourceDashboard: Shape<athena.GetResourceDashboardRequest, athena.GetResourceDashboardResponse, "ResourceARN">;
  CreatePresignedNotebookUrl: Shape<
    athena.CreatePresignedNotebookUrlRequest,
    athena.CreatePresignedNotebookUrlResponse,
    "SessionId"
  >;
}

export type ServedOperation = keyof Shapes;
