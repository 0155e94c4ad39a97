import type {
  CreateWorkGroupInput,
  EngineVersion,
  UpdateWorkGroupInput,
  WorkGroupConfiguration,
} from "@aws-sdk/client-athena";
import { chooseEngine, selectableEngines, type EngineId } from "../domain/engine-version.ts";
import { outputFolder } from "../domain/output-location.ts";
import { invalid, workGroupNotFound } from "../domain/refusal.ts";
import { checkMonitoring } from "../domain/session-logs.ts";
import { checkedTags, mergedTags } from "../domain/tags.ts";
import type { WorkGroup } from "../domain/entities.ts";
import type { WorkGroupStore } from "../store/types.ts";
import { newConfiguration, updatedConfiguration } from "./configuration.ts";

export interface WorkGroupDeps {
  store: WorkGroupStore;
  sessions: { terminateAllIn(workGroup: string): Promise<void> };
  installedEngines: () => Promise<EngineId[]>;
  defaultEngine: EngineId;
  defaultOutputLocation: string;
  now: () => number;
  /** Whether a bucket can hold a folder at this URI. */
  bucketFolders: { canHold(uri: string): boolean };
}

/** The workgroup that every account has. */
const primary = "primary";

export class WorkGroupService {
  readonly #deps: WorkGroupDeps;

  constructor(deps: WorkGroupDeps) {
    this.#deps = deps;
  }

  /** Makes the primary workgroup if it does not exist, on the default engine. */
  async ensurePrimary(): Promise<void> {
    const { store, now, defaultOutputLocation } = this.#deps;
    const configuration = this.#newConfiguration({
      ResultConfiguration: { OutputLocation: defaultOutputLocation },
      EnforceWorkGroupConfiguration: false,
      PublishCloudWatchMetricsEnabled: false,
    });
    await store.insert({ name: primary, state: "ENABLED", description: null, configuration, createdAt: now() }, []);
  }

  async create(input: CreateWorkGroupInput): Promise<void> {
    const { store, now } = this.#deps;
    if (input.Tags?.length === 0) throw invalid("Tags provided upon WorkGroup creation must not be empty");
    const workGroup: WorkGroup = {
      name: input.Name ?? "",
      state: "ENABLED",
      description: input.Description ?? null,
      configuration: this.#writable(this.#newConfiguration(input.Configuration ?? {})),
      createdAt: now(),
    };
    const isNew = await store.insert(workGroup, mergedTags(checkedTags(input.Tags ?? [])));
    if (!isNew) throw invalid("WorkGroup is already created");
  }

  async get(name: string): Promise<WorkGroup> {
    const workGroup = await this.#deps.store.find(name);
    if (!workGroup) throw workGroupNotFound();
    return workGroup;
  }

  list(page: { after: string | undefined; limit: number }): Promise<WorkGroup[]> {
    return this.#deps.store.list(page);
  }

  /**
   * Settings that the request does not name stay. Sessions keep the settings that they were started with,
   * even if the workgroup is disabled.
   */
  async update(input: UpdateWorkGroupInput): Promise<void> {
    const { store, defaultEngine } = this.#deps;
    const changed = await store.update(input.WorkGroup ?? "", (workGroup) => ({
      ...workGroup,
      state: input.State ?? workGroup.state,
      description: input.Description ?? workGroup.description,
      configuration: this.#writable(
        updatedConfiguration(workGroup.configuration, input.ConfigurationUpdates ?? {}, defaultEngine),
      ),
    }));
    if (!changed) throw workGroupNotFound();
  }

  /**
   * Deletes a workgroup. If the workgroup has notebooks or active sessions, it is refused unless
   * `isRecursive`, which deletes the notebooks and ends the sessions. Sessions that are over can still be
   * read. The workgroup is deleted before its sessions are ended, so that no new session can start in it
   * meanwhile.
   */
  async delete(name: string, isRecursive: boolean): Promise<void> {
    const { store, sessions } = this.#deps;
    if (name === primary) throw invalid("The primary workgroup cannot be deleted.");
    const outcome = await store.delete(name, { onlyIfEmpty: !isRecursive });
    if (outcome === "unknown") throw workGroupNotFound();
    if (outcome === "notEmpty") throw invalid(`WorkGroup ${name} is not empty`);
    await sessions.terminateAllIn(name);
  }

  /** The selected and the effective engine version of the workgroup. */
  engineVersion(workGroup: WorkGroup): EngineVersion {
    return this.#engineVersion(workGroup.configuration.EngineVersion?.SelectedEngineVersion);
  }

  /** The engine versions that a workgroup can select. */
  async engineVersions(): Promise<EngineVersion[]> {
    return selectableEngines(await this.#deps.installedEngines()).map((name) => this.#engineVersion(name));
  }

  #engineVersion(name: string | undefined): EngineVersion {
    const choice = chooseEngine(name, this.#deps.defaultEngine);
    return { SelectedEngineVersion: choice?.selected, EffectiveEngineVersion: choice?.effective };
  }

  /** Refuses a location of output or logs that the server cannot write to. */
  #writable(configuration: WorkGroupConfiguration): WorkGroupConfiguration {
    checkMonitoring(configuration.MonitoringConfiguration, (uri) => this.#deps.bucketFolders.canHold(uri));
    const folder = outputFolder(configuration.ResultConfiguration?.OutputLocation ?? "");
    if (folder === undefined || this.#deps.bucketFolders.canHold(folder)) return configuration;
    throw invalid("outputLocation is not a valid S3 path.");
  }

  #newConfiguration(given: CreateWorkGroupInput["Configuration"] & object) {
    return newConfiguration(given, this.#deps.defaultEngine);
  }
}
