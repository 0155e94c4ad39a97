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
 * The rules of a workgroup's configuration. What GetWorkGroup shows is what was given, with the defaults below and nothing else, so that infrastructure tools
 * see no difference to what they asked for: no default output location, and no member that is empty.
 */
const defaults = {
  EnforceWorkGroupConfiguration: true,
  PublishCloudWatchMetricsEnabled: true,
  RequesterPaysEnabled: false,
} as const satisfies WorkGroupConfiguration;

export function newConfiguration(given: WorkGroupConfiguration, defaultEngine: EngineId): WorkGroupConfiguration {
  // The statuses are of the account, and ignored on write.
  const { SystemTableStatuses: _readOnly, EngineVersion: engine, ...rest } = given;
  return checked({ ...defaults, ...rest, EngineVersion: selected(engine?.SelectedEngineVersion) }, defaultEngine);
}

/** A partial update: what is not named stays. Where a value and its Remove flag both come, the flag wins, as the API's model says. */
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
