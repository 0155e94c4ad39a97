import type {
  ResultConfiguration,
  ResultConfigurationUpdates,
  WorkGroupConfiguration,
  WorkGroupConfigurationUpdates,
} from "@aws-sdk/client-athena";
import { chooseEngine, sparkEngineNames, type EngineId } from "../domain/engine-version.ts";
import { outputFolder } from "../domain/output-location.ts";
import { invalid } from "../domain/refusal.ts";

/**
 * The defaults of a workgroup's configuration. GetWorkGroup shows what the client gave plus these defaults,
 * and nothing else: no default output location and no empty members. Otherwise infrastructure tools would see
 * a difference to what they asked for.
 */
const defaults = {
  EnforceWorkGroupConfiguration: true,
  PublishCloudWatchMetricsEnabled: true,
  RequesterPaysEnabled: false,
} as const satisfies WorkGroupConfiguration;

export function newConfiguration(given: WorkGroupConfiguration, defaultEngine: EngineId): WorkGroupConfiguration {
  // The statuses belong to the account, and are ignored on write.
  const { SystemTableStatuses: _readOnly, EngineVersion: engine, ...rest } = given;
  return checked({ ...defaults, ...rest, EngineVersion: selected(engine?.SelectedEngineVersion) }, defaultEngine);
}

/**
 * Applies a partial update: settings that the update does not name stay. If a value and its Remove flag both
 * come, the flag wins, as the API's model says.
 */
export function updatedConfiguration(
  current: WorkGroupConfiguration,
  updates: WorkGroupConfigurationUpdates,
  defaultEngine: EngineId,
): WorkGroupConfiguration {
  const {
    ResultConfigurationUpdates: result,
    ManagedQueryResultsConfigurationUpdates: managed,
    RemoveBytesScannedCutoffPerQuery: removesCutoff,
    RemoveCustomerContentEncryptionConfiguration: removesEncryption,
    EngineVersion: engine,
    ...replaced
  } = updates;
  const configuration: WorkGroupConfiguration = { ...current, ...replaced };
  if (removesCutoff) delete configuration.BytesScannedCutoffPerQuery;
  if (removesEncryption) delete configuration.CustomerContentEncryptionConfiguration;
  if (engine?.SelectedEngineVersion !== undefined) configuration.EngineVersion = selected(engine.SelectedEngineVersion);
  if (result) configuration.ResultConfiguration = updatedResult(current.ResultConfiguration ?? {}, result);
  if (managed) {
    const { RemoveEncryptionConfiguration: removes, ...values } = managed;
    configuration.ManagedQueryResultsConfiguration = {
      Enabled: false,
      ...current.ManagedQueryResultsConfiguration,
      ...values,
    };
    if (removes) delete configuration.ManagedQueryResultsConfiguration.EncryptionConfiguration;
  }
  return checked(configuration, defaultEngine);
}

function updatedResult(current: ResultConfiguration, updates: ResultConfigurationUpdates): ResultConfiguration {
  const {
    RemoveOutputLocation: removesLocation,
    RemoveEncryptionConfiguration: removesEncryption,
    RemoveExpectedBucketOwner: removesOwner,
    RemoveAclConfiguration: removesAcl,
    ...values
  } = updates;
  const result: ResultConfiguration = { ...current, ...values };
  if (removesLocation) delete result.OutputLocation;
  if (removesEncryption) delete result.EncryptionConfiguration;
  if (removesOwner) delete result.ExpectedBucketOwner;
  if (removesAcl) delete result.AclConfiguration;
  return result;
}

function selected(name = "AUTO"): { SelectedEngineVersion: string } {
  return { SelectedEngineVersion: name };
}

function checked(configuration: WorkGroupConfiguration, defaultEngine: EngineId): WorkGroupConfiguration {
  if (!chooseEngine(configuration.EngineVersion?.SelectedEngineVersion, defaultEngine))
    throw invalid(`SelectedEngineVersion is not valid. Spark engines of this server: ${sparkEngineNames.join(", ")}.`);
  const { ResultConfiguration: result, ...rest } = configuration;
  if (result?.OutputLocation !== undefined && outputFolder(result.OutputLocation) === undefined)
    throw invalid("outputLocation is not a valid S3 path.");
  return result && Object.keys(result).length > 0 ? { ...rest, ResultConfiguration: result } : rest;
}
