import type { OperationDeps } from "../api/operations.ts";
import type { Config } from "../config/config.ts";
import { listEngines } from "../engines/engines.ts";
import { NotebookService } from "../notebooks/notebook-service.ts";
import type { SessionService } from "../sessions/session-service.ts";
import { Resources } from "../tags/resources.ts";
import { TagService } from "../tags/tag-service.ts";
import { WorkGroupService } from "../workgroups/work-group-service.ts";
import type { Data } from "./data.ts";

/**
 * Opens what Athena's API has beside sessions: workgroups, notebooks and tags. Creates the workgroup
 * `primary` if it is missing.
 */
export async function openWorkGroups(deps: {
  config: Pick<Config, "partition" | "region" | "accountId" | "enginesFolder" | "defaultEngine">;
  data: Pick<Data, "store" | "bucketFolders" | "defaultOutputLocation">;
  sessions: SessionService;
  now: () => number;
}): Promise<Pick<OperationDeps, "workGroups" | "notebooks" | "resources" | "tags">> {
  const { sessions, now } = deps;
  const { partition, region, accountId, enginesFolder, defaultEngine } = deps.config;
  const { store, bucketFolders, defaultOutputLocation } = deps.data;
  const workGroups = new WorkGroupService({
    store: store.workGroups,
    bucketFolders,
    sessions,
    installedEngines: async () => {
      const engines = await listEngines(enginesFolder);
      return engines.filter(({ installed }) => installed !== undefined).map(({ id }) => id);
    },
    now,
    defaultEngine,
    defaultOutputLocation,
  });
  const notebooks = new NotebookService({ store, objects: bucketFolders, defaultEngine, now });
  const resources = new Resources(store, { partition, region, accountId });
  const tags = new TagService({ store: store.tags, resources });
  await workGroups.ensurePrimary();
  return { workGroups, notebooks, resources, tags };
}
