// One call of every operation, in an order in which each call finds what it needs. Both SDKs make the calls
// side by side, and share one session.
import { CreateNotebookCommand } from "@aws-sdk/client-athena";
import type { AthenaUser } from "../support/athena-user.ts";

/**
 * Values from earlier answers that later calls need. Each SDK has its own, except for the session, which they
 * share.
 */
export interface Known {
  readonly client: string;
  sessionId: string;
  /** The notebook that the session was started for, in the workgroup `primary`. */
  sessionNotebookId: string;
  calculationId: string;
  notebookId: string;
}

export interface Step {
  readonly input: (known: Known) => object;
  /**
   * Members that the answer must have; a list among them must not be empty. A check of shapes alone would
   * accept `{}`.
   */
  readonly shows?: readonly string[];
  /** Matches the refusal of an operation that has no answer to give on this server. */
  readonly refused?: RegExp;
  /** Waits for the state that the call needs. */
  readonly before?: (known: Known, user: AthenaUser) => Promise<unknown>;
  /** Stores the values of the answer that later calls need. */
  readonly keep?: (answer: Record<string, unknown>, known: Known) => void;
}

const roleArn = "arn:aws:iam::000000000000:role/glaux";
const tags = [{ Key: "team", Value: "owls" }];
const notebook = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] });
const workGroup = ({ client }: Known) => `story-${client}`;
const arn = (known: Known) => `arn:aws:athena:us-east-1:000000000000:workgroup/${workGroup(known)}`;
const session = ({ sessionId }: Known) => ({ SessionId: sessionId });
const calculation = ({ calculationId }: Known) => ({ CalculationExecutionId: calculationId });
const aNotebook = ({ notebookId }: Known) => ({ NotebookId: notebookId });
const keepNotebook = (answer: Record<string, unknown>, known: Known) => {
  known.notebookId = String(answer["NotebookId"]);
};
/**
 * Both SDKs send the same token. So the call of the second SDK is answered with the session or calculation of
 * the first.
 */
const token = "one-token-for-both-clients-00000000";
const notebookToken = "00000000-0000-4000-8000-000000000001";

export const story: Readonly<Record<string, Step>> = {
  ListEngineVersions: { input: () => ({ MaxResults: 10 }), shows: ["EngineVersions"] },
  ListApplicationDPUSizes: { input: () => ({}), shows: ["ApplicationDPUSizes"] },
  CreateWorkGroup: {
    input: (known) => ({
      Name: workGroup(known),
      Description: "all that a workgroup can say",
      Tags: tags,
      Configuration: {
        EngineVersion: { SelectedEngineVersion: "Apache Spark version 3.5" },
        ExecutionRole: roleArn,
        EnforceWorkGroupConfiguration: true,
        ResultConfiguration: {
          OutputLocation: "s3://glaux-000000000000/story/",
          EncryptionConfiguration: { EncryptionOption: "SSE_S3" },
        },
        EngineConfiguration: { MaxConcurrentDpus: 4, SparkProperties: { "spark.sql.ansi.enabled": "true" } },
        MonitoringConfiguration: {
          S3LoggingConfiguration: { Enabled: true, LogLocation: "s3://glaux-000000000000/logs/" },
        },
      },
    }),
  },
  GetWorkGroup: { input: (known) => ({ WorkGroup: workGroup(known) }), shows: ["WorkGroup"] },
  ListWorkGroups: { input: () => ({ MaxResults: 1 }), shows: ["WorkGroups", "NextToken"] },
  UpdateWorkGroup: {
    input: (known) => ({
      WorkGroup: workGroup(known),
      Description: "changed",
      ConfigurationUpdates: { ResultConfigurationUpdates: { RemoveEncryptionConfiguration: true } },
    }),
  },
  TagResource: { input: (known) => ({ ResourceARN: arn(known), Tags: [{ Key: "more", Value: "" }] }) },
  ListTagsForResource: { input: (known) => ({ ResourceARN: arn(known) }), shows: ["Tags"] },
  UntagResource: { input: (known) => ({ ResourceARN: arn(known), TagKeys: ["more"] }) },
  StartSession: {
    before: async (known, user) => {
      const command = { WorkGroup: "primary", Name: "story", ClientRequestToken: notebookToken };
      known.sessionNotebookId = (await user.athena.send(new CreateNotebookCommand(command))).NotebookId ?? "";
    },
    input: ({ sessionNotebookId }) => ({
      WorkGroup: "primary",
      Description: "shapes",
      NotebookVersion: "Athena notebook version 1",
      EngineConfiguration: {
        MaxConcurrentDpus: 4,
        AdditionalConfigs: { NotebookId: sessionNotebookId },
        SparkProperties: { "spark.sql.shuffle.partitions": "2" },
        Classifications: [{ Name: "spark-defaults", Properties: { "spark.sql.ansi.enabled": "true" } }],
      },
      ExecutionRole: roleArn,
      MonitoringConfiguration: { ManagedLoggingConfiguration: { Enabled: true } },
      ClientRequestToken: token,
      Tags: tags,
    }),
    shows: ["SessionId", "State"],
    keep: (answer, known) => {
      known.sessionId = String(answer["SessionId"]);
    },
  },
  GetSessionStatus: { input: session, shows: ["SessionId", "Status"] },
  GetSession: {
    input: session,
    before: ({ sessionId }, user) => user.sessionIn(sessionId, "IDLE"),
    shows: [
      "SessionId",
      "Status",
      "EngineConfiguration",
      "NotebookVersion",
      "SessionConfiguration",
      "Statistics",
      "MonitoringConfiguration",
    ],
  },
  ListSessions: { input: () => ({ WorkGroup: "primary" }), shows: ["Sessions"] },
  ListExecutors: { input: session, shows: ["SessionId", "ExecutorsSummary"] },
  StartCalculationExecution: {
    input: (known) => ({
      ...session(known),
      Description: "shapes",
      CodeBlock: "print(spark.range(3).count())",
      ClientRequestToken: token,
    }),
    shows: ["CalculationExecutionId", "State"],
    keep: (answer, known) => {
      known.calculationId = String(answer["CalculationExecutionId"]);
    },
  },
  GetCalculationExecution: {
    input: calculation,
    before: ({ calculationId }, user) => user.ended(calculationId),
    shows: ["CalculationExecutionId", "SessionId", "Description", "WorkingDirectory", "Status", "Statistics", "Result"],
  },
  GetCalculationExecutionStatus: { input: calculation, shows: ["Status", "Statistics"] },
  GetCalculationExecutionCode: { input: calculation, shows: ["CodeBlock"] },
  ListCalculationExecutions: { input: session, shows: ["Calculations"] },
  StopCalculationExecution: { input: calculation, shows: ["State"] },
  CreateNotebook: {
    input: (known) => ({ WorkGroup: workGroup(known), Name: "made" }),
    shows: ["NotebookId"],
    keep: keepNotebook,
  },
  ImportNotebook: {
    input: (known) => ({ WorkGroup: workGroup(known), Name: "imported", Type: "IPYNB", Payload: notebook }),
    shows: ["NotebookId"],
    keep: keepNotebook,
  },
  UpdateNotebook: { input: (known) => ({ ...aNotebook(known), Payload: notebook, Type: "IPYNB" }) },
  UpdateNotebookMetadata: { input: (known) => ({ ...aNotebook(known), Name: "renamed" }) },
  ExportNotebook: { input: aNotebook, shows: ["NotebookMetadata", "Payload"] },
  GetNotebookMetadata: { input: aNotebook, shows: ["NotebookMetadata"] },
  ListNotebookMetadata: {
    input: (known) => ({ WorkGroup: workGroup(known), MaxResults: 1 }),
    shows: ["NotebookMetadataList", "NextToken"],
  },
  ListNotebookSessions: {
    input: ({ sessionNotebookId }) => ({ NotebookId: sessionNotebookId }),
    shows: ["NotebookSessionsList"],
  },
  DeleteNotebook: { input: aNotebook },
  GetSessionEndpoint: { input: session, refused: /is not enabled on this server/ },
  GetResourceDashboard: {
    input: ({ sessionId }) => ({
      ResourceARN: `arn:aws:athena:us-east-1:000000000000:workgroup/primary/session/${sessionId}`,
    }),
    refused: /is not enabled on this server/,
  },
  CreatePresignedNotebookUrl: { input: session, refused: /is not enabled on this server/ },
  TerminateSession: { input: session, shows: ["State"] },
  DeleteWorkGroup: { input: (known) => ({ WorkGroup: workGroup(known), RecursiveDeleteOption: true }) },
};
