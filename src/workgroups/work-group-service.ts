import type { CreateWorkGroupInput, WorkGroup as WireWorkGroup } from "@aws-sdk/client-athena";
import { chooseEngine, sparkEngineNames, type EngineId } from "../domain/engine-version.ts";
import { outputFolder } from "../domain/output-location.ts";
import { invalid, workGroupNotFound } from "../domain/refusal.ts";
import type { WorkGroup } from "../domain/entities.ts";
import type { WorkGroupStore } from "../store/types.ts";

export interface WorkGroupDeps {
  store: WorkGroupStore;
  defaultEngine: EngineId;
  defaultOutputLocation: string;
  now: () => number;
  /** Whether the data lake can hold a folder of that URI. */
  lake: { canHold(uri: string): boolean };
}

export class WorkGroupService {
  readonly #deps: WorkGroupDeps;

  constructor(deps: WorkGroupDeps) {
    this.#deps = deps;
  }

  /** The workgroup that exists from the start, on the default engine. */
  async ensurePrimary(): Promise<void> {
    const { store, now, defaultOutputLocation } = this.#deps;
    await store.insert({
      name: "primary",
      state: "ENABLED",
      description: null,
      configuration: {
        ResultConfiguration: { OutputLocation: defaultOutputLocation },
        EnforceWorkGroupConfiguration: false,
        PublishCloudWatchMetricsEnabled: false,
        RequesterPaysEnabled: false,
        EngineVersion: { SelectedEngineVersion: "AUTO" },
      },
      tags: [],
      createdAt: now(),
    });
  }

  async create(input: CreateWorkGroupInput): Promise<void> {
    const { store, now, defaultEngine, lake } = this.#deps;
    const name = input.Name ?? "";
    const configuration = input.Configuration ?? {};
    const selected = configuration.EngineVersion?.SelectedEngineVersion;
    if (!chooseEngine(selected, defaultEngine)) {
      throw invalid(
        `SelectedEngineVersion is not valid. Spark engines of this server: ${sparkEngineNames.join(", ")}.`,
      );
    }
    const location = configuration.ResultConfiguration?.OutputLocation;
    const folder = location === undefined ? undefined : outputFolder(location);
    if (location !== undefined && (folder === undefined || !lake.canHold(folder))) {
      throw invalid("outputLocation is not a valid S3 path.");
    }
    const isNew = await store.insert({
      name,
      state: "ENABLED",
      description: input.Description ?? null,
      configuration: {
        EnforceWorkGroupConfiguration: true,
        PublishCloudWatchMetricsEnabled: true,
        RequesterPaysEnabled: false,
        ...configuration,
        EngineVersion: { SelectedEngineVersion: selected ?? "AUTO" },
      },
      tags: input.Tags ?? [],
      createdAt: now(),
    });
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

  /** Selected and effective name of the workgroup's engine. */
  engineVersion(workGroup: WorkGroup): NonNullable<NonNullable<WireWorkGroup["Configuration"]>["EngineVersion"]> {
    const choice = chooseEngine(workGroup.configuration.EngineVersion?.SelectedEngineVersion, this.#deps.defaultEngine);
    return { SelectedEngineVersion: choice?.selected, EffectiveEngineVersion: choice?.effective };
  }
}
