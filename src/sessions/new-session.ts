import type { StartSessionRequest } from "@aws-sdk/client-athena";
import { mergedEngineConfiguration, sparkProperties } from "../domain/engine-configuration.ts";
import { chooseEngine, type EngineId } from "../domain/engine-version.ts";
import { outputFolder } from "../domain/output-location.ts";
import { reason } from "../domain/reasons.ts";
import { dpusOf, type Quotas } from "../domain/quota.ts";
import { invalid, noCapacity } from "../domain/refusal.ts";
import { checkMonitoring, mergedMonitoring } from "../domain/session-logs.ts";
import { sparkConf, type SparkConf } from "../domain/spark-conf.ts";
import type { Session, WorkGroup } from "../domain/entities.ts";
import type { BucketFolders, SessionDeps } from "./types.ts";

export interface SessionRules {
  defaultEngine: EngineId;
  /** How many sessions may be active at once. */
  maxSessions: number;
  quotas?: Omit<Quotas, "maxSessions">;
  /** The largest MaxConcurrentDpus of a session. */
  maxDpusPerSession?: number;
  /** Output location for workgroups that do not name one, `s3://…`. */
  defaultOutputLocation: string;
}

const defaultIdleTimeoutMinutes = 20;

type NewSessionDeps = Pick<SessionDeps, "store" | "now"> & {
  rules: SessionRules;
  bucketFolders: Pick<BucketFolders, "canHold">;
};

/**
 * Makes the session that a request asks for in its workgroup. Throws a refusal for every mistake that can be
 * found without the store.
 */
export function newSession(
  id: string,
  request: StartSessionRequest,
  workGroup: WorkGroup,
  { rules, now, store, bucketFolders }: NewSessionDeps,
): Session {
  const { configuration } = workGroup;
  const engine = chooseEngine(configuration.EngineVersion?.SelectedEngineVersion, rules.defaultEngine);
  if (engine?.kind !== "spark") throw invalid("Workgroup EngineVersion is not Spark.");
  const notebookId = notebookOf(request);
  const engineConfiguration = mergedEngineConfiguration(configuration.EngineConfiguration, request.EngineConfiguration);
  if (dpusOf({ engineConfiguration }) > (rules.maxDpusPerSession ?? Infinity)) throw noCapacity();
  // The Spark properties are taken from the merged configuration that GetSession shows, so that the two
  // cannot differ.
  const conf = sparkConf(sparkProperties(engineConfiguration));
  const output = outputFolder(configuration.ResultConfiguration?.OutputLocation ?? rules.defaultOutputLocation);
  if (output === undefined || !bucketFolders.canHold(output)) throw invalid("outputLocation is not a valid S3 path.");
  const monitoring = mergedMonitoring(configuration.MonitoringConfiguration, request.MonitoringConfiguration);
  checkMonitoring(monitoring, (folder) => bucketFolders.canHold(folder));
  const at = now();
  const isRefused = conf.refused.length > 0;
  return {
    id,
    nodeId: store.nodeId,
    workGroup: workGroup.name,
    description: request.Description ?? null,
    engineId: engine.engineId,
    engineVersion: engine.effective,
    state: isRefused ? "FAILED" : "CREATING",
    stateReason: isRefused ? refusedConf(conf.refused) : null,
    engineConfiguration,
    sparkConf: conf.applied,
    notebookVersion: request.NotebookVersion ?? null,
    notebookId,
    monitoring,
    executionRole: request.ExecutionRole ?? configuration.ExecutionRole ?? null,
    workingDirectory: `${output}/${id}`,
    idleTimeoutS: 60 * (request.SessionIdleTimeoutInMinutes ?? defaultIdleTimeoutMinutes),
    encryption: configuration.ResultConfiguration?.EncryptionConfiguration ?? null,
    createdAt: at,
    modifiedAt: at,
    endedAt: isRefused ? at : null,
    idleSinceAt: null,
    dpuMs: 0,
  };
}

/** Checks that NotebookVersion and NotebookId are given together, and answers the notebook's id. */
function notebookOf(request: StartSessionRequest): string | null {
  const notebookId = request.EngineConfiguration?.AdditionalConfigs?.["NotebookId"];
  const version = request.NotebookVersion;
  if (version !== undefined && version !== "Athena notebook version 1")
    throw invalid("NotebookVersion must be 'Athena notebook version 1'.");
  if (version === undefined && notebookId !== undefined)
    throw invalid("NotebookVersion is required when NotebookId is provided.");
  if (version !== undefined && notebookId === undefined)
    throw invalid("NotebookId is required when NotebookVersion is provided.");
  return notebookId ?? null;
}

function refusedConf(refused: SparkConf["refused"]): string {
  const reasons = refused.map(({ key, why }) => `${key} (${why})`);
  return reason(`These Spark properties cannot be set in a session: ${reasons.join(", ")}`) ?? "";
}
