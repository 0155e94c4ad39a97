import { join } from "node:path";
import { awsProfilePaths, profileName } from "../access/aws-profile.ts";
import type { Config } from "../config/config.ts";
import { LocalPlace } from "../drivers/local/place.ts";
import { readMemory } from "../lib/memory.ts";
import { packageRoot } from "../lib/package-root.ts";
import { canRaisePriority } from "../lib/priority.ts";
import type { MemoryGuard } from "../sessions/start-queue.ts";
import type { PoolSettings } from "./drivers.ts";

/**
 * The place for drivers on this machine, set up from the configuration. `env` is the environment that drivers
 * inherit.
 */
export function localPlace(config: Config, env: Record<string, string>, nodeId: string): LocalPlace {
  const profilePaths = awsProfilePaths(config.home);
  return new LocalPlace({
    driversFolder: config.paths.drivers,
    socketsFolder: config.paths.sockets,
    bucketsFolder: config.paths.buckets,
    driverPackage: join(packageRoot(), "driver"),
    nodeId,
    baseEnv: env,
    runnerEnv: {
      AWS_CONFIG_FILE: profilePaths.configFile,
      AWS_SHARED_CREDENTIALS_FILE: profilePaths.credentialsFile,
      AWS_PROFILE: profileName,
      AWS_REGION: config.region,
    },
    driverMemoryMb: config.driverMemoryMb,
    driverCores: config.driverCores,
    orphanMs: config.orphanMs,
    stopKillAfterMs: config.stopKillAfterMs,
    driverLogMaxBytes: config.driverLogMaxBytes,
  });
}

/** The settings of the pool of drivers on this machine. Undefined if the pool is turned off. */
export function localPool(
  config: Config,
  { findEngine, pathOf }: Pick<PoolSettings, "findEngine" | "pathOf">,
): PoolSettings | undefined {
  if (config.pool.max === 0) return undefined;
  return {
    findEngine,
    pathOf,
    facts: {
      driverMemoryMb: config.driverMemoryMb,
      driverCores: config.driverCores,
      isolation: "process",
      network: "host",
      buckets: config.paths.buckets,
    },
    defaultEngine: config.defaultEngine,
    bounds: config.pool,
    // A boot at low priority takes many minutes while calculations keep all cores busy.
    bootDeadlineMs: 15 * config.startDeadlineMs,
    memory: readMemory,
    canRaisePriority: canRaisePriority(),
  };
}

export function memoryGuard({ memoryReserveMb, driverMemoryMb }: Config): MemoryGuard | undefined {
  return memoryReserveMb === undefined ? undefined : { read: readMemory, memoryReserveMb, driverMemoryMb };
}
