import type * as athena from "@aws-sdk/client-athena";

/** The members that each served operation's request must have, as the API's model says (a test compares them): requests without them never reach a handler. */
export const requiredMembers = {
  StartSession: ["WorkGroup", "EngineConfiguration"],
  GetSession: ["SessionId"],
  GetSessionStatus: ["SessionId"],
  ListSessions: ["WorkGroup"],
  TerminateSession: ["SessionId"],
  StartCalculationExecution: ["SessionId"],
  GetCalculationExecution: ["CalculationExecutionId"],
  GetCalculationExecutionStatus: ["CalculationExecutionId"],
  GetCalculationExecutionCode: ["CalculationExecutionId"],
  ListCalculationExecutions: ["SessionId"],
  StopCalculationExecution: ["CalculationExecutionId"],
  CreateWorkGroup: ["Name"],
  GetWorkGroup: ["WorkGroup"],
  ListWorkGroups: [],
  CreateNotebook: ["WorkGroup", "Name"],
  ImportNotebook: ["WorkGroup", "Name", "Type"],
  ExportNotebook: ["NotebookId"],
  UpdateNotebook: ["NotebookId", "Payload", "Type"],
  UpdateNotebookMetadata: ["NotebookId", "Name"],
  GetNotebookMetadata: ["NotebookId"],
  ListNotebookMetadata: ["WorkGroup"],
  DeleteNotebook: ["NotebookId"],
  ListNotebookSessions: ["NotebookId"],
  UpdateWorkGroup: ["WorkGroup"],
  DeleteWorkGroup: ["WorkGroup"],
  TagResource: ["ResourceARN", "Tags"],
  UntagResource: ["ResourceARN", "TagKeys"],
  ListTagsForResource: ["ResourceARN"],
  ListEngineVersions: [],
  ListExecutors: ["SessionId"],
  ListApplicationDPUSizes: [],
  GetSessionEndpoint: ["SessionId"],
  GetResourceDashboard: ["ResourceARN"],
  CreatePresignedNotebookUrl: ["SessionId"],
} as const satisfies Record<string, readonly string[]>;

/** The shapes of the served operations, from the SDK's own types, in which the required members may be missing. */
interface Shape<Name extends keyof typeof requiredMembers, Input, Output> {
  input: Input & { [Member in (typeof requiredMembers)[Name][number] & keyof Input]-?: NonNullable<Input[Member]> };
  output: Output;
}

export interface Shapes {
  StartSession: Shape<"StartSession", athena.StartSessionRequest, athena.StartSessionResponse>;
  GetSession: Shape<"GetSession", athena.GetSessionRequest, athena.GetSessionResponse>;
  GetSessionStatus: Shape<"GetSessionStatus", athena.GetSessionStatusRequest, athena.GetSessionStatusResponse>;
  ListSessions: Shape<"ListSessions", athena.ListSessionsRequest, athena.ListSessionsResponse>;
  TerminateSession: Shape<"TerminateSession", athena.TerminateSessionRequest, athena.TerminateSessionResponse>;
  StartCalculationExecution: Shape<
    "StartCalculationExecution",
    athena.StartCalculationExecutionRequest,
    athena.StartCalculationExecutionResponse
  >;
  GetCalculationExecution: Shape<
    "GetCalculationExecution",
    athena.GetCalculationExecutionRequest,
    athena.GetCalculationExecutionResponse
  >;
  GetCalculationExecutionStatus: Shape<
    "GetCalculationExecutionStatus",
    athena.GetCalculationExecutionStatusRequest,
    athena.GetCalculationExecutionStatusResponse
  >;
  GetCalculationExecutionCode: Shape<
    "GetCalculationExecutionCode",
    athena.GetCalculationExecutionCodeRequest,
    athena.GetCalculationExecutionCodeResponse
  >;
  ListCalculationExecutions: Shape<
    "ListCalculationExecutions",
    athena.ListCalculationExecutionsRequest,
    athena.ListCalculationExecutionsResponse
  >;
  StopCalculationExecution: Shape<
    "StopCalculationExecution",
    athena.StopCalculationExecutionRequest,
    athena.StopCalculationExecutionResponse
  >;
  CreateWorkGroup: Shape<"CreateWorkGroup", athena.CreateWorkGroupInput, athena.CreateWorkGroupOutput>;
  GetWorkGroup: Shape<"GetWorkGroup", athena.GetWorkGroupInput, athena.GetWorkGroupOutput>;
  ListWorkGroups: Shape<"ListWorkGroups", athena.ListWorkGroupsInput, athena.ListWorkGroupsOutput>;
  CreateNotebook: Shape<"CreateNotebook", athena.CreateNotebookInput, athena.CreateNotebookOutput>;
  ImportNotebook: Shape<"ImportNotebook", athena.ImportNotebookInput, athena.ImportNotebookOutput>;
  ExportNotebook: Shape<"ExportNotebook", athena.ExportNotebookInput, athena.ExportNotebookOutput>;
  UpdateNotebook: Shape<"UpdateNotebook", athena.UpdateNotebookInput, athena.UpdateNotebookOutput>;
  UpdateNotebookMetadata: Shape<
    "UpdateNotebookMetadata",
    athena.UpdateNotebookMetadataInput,
    athena.UpdateNotebookMetadataOutput
  >;
  GetNotebookMetadata: Shape<"GetNotebookMetadata", athena.GetNotebookMetadataInput, athena.GetNotebookMetadataOutput>;
  ListNotebookMetadata: Shape<
    "ListNotebookMetadata",
    athena.ListNotebookMetadataInput,
    athena.ListNotebookMetadataOutput
  >;
  DeleteNotebook: Shape<"DeleteNotebook", athena.DeleteNotebookInput, athena.DeleteNotebookOutput>;
  ListNotebookSessions: Shape<
    "ListNotebookSessions",
    athena.ListNotebookSessionsRequest,
    athena.ListNotebookSessionsResponse
  >;
  UpdateWorkGroup: Shape<"UpdateWorkGroup", athena.UpdateWorkGroupInput, athena.UpdateWorkGroupOutput>;
  DeleteWorkGroup: Shape<"DeleteWorkGroup", athena.DeleteWorkGroupInput, athena.DeleteWorkGroupOutput>;
  TagResource: Shape<"TagResource", athena.TagResourceInput, athena.TagResourceOutput>;
  UntagResource: Shape<"UntagResource", athena.UntagResourceInput, athena.UntagResourceOutput>;
  ListTagsForResource: Shape<"ListTagsForResource", athena.ListTagsForResourceInput, athena.ListTagsForResourceOutput>;
  ListEngineVersions: Shape<"ListEngineVersions", athena.ListEngineVersionsInput, athena.ListEngineVersionsOutput>;
  ListExecutors: Shape<"ListExecutors", athena.ListExecutorsRequest, athena.ListExecutorsResponse>;
  ListApplicationDPUSizes: Shape<
    "ListApplicationDPUSizes",
    athena.ListApplicationDPUSizesInput,
    athena.ListApplicationDPUSizesOutput
  >;
  GetSessionEndpoint: Shape<"GetSessionEndpoint", athena.GetSessionEndpointRequest, athena.GetSessionEndpointResponse>;
  GetResourceDashboard: Shape<
    "GetResourceDashboard",
    athena.GetResourceDashboardRequest,
    athena.GetResourceDashboardResponse
  >;
  CreatePresignedNotebookUrl: Shape<
    "CreatePresignedNotebookUrl",
    athena.CreatePresignedNotebookUrlRequest,
    athena.CreatePresignedNotebookUrlResponse
  >;
}

export type ServedOperation = keyof Shapes;
