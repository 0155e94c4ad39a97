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
}

export type ServedOperation = keyof Shapes;
