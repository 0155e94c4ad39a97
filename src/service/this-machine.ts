import { join } from "node:path";
import { awsProfilePaths, profileName } from "../access/aws-profile.ts";
import type { Config } from "../config/config.ts";
import { LocalPlace } from "../drivers/local/place.ts";
import { readMemory } from "../lib/memory.ts";
import { packageRoot } from "../lib/package-root.ts";
import { canRaisePriority } from "../lib/priority.ts";
import type { MemoryGuard } from "../sessions/start-queue.ts";
import type { PoolSettings } from "./drivers.ts";

/** Drivers that run on this machine, as the settings say. `env` is what they inherit. */
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

/** The pool of such drivers; undefined if it is turned off. */
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
    // Beside calculations that keep all cores busy, a boot at low priority takes many minutes.
    bootDeadlineMs: 15 * config.startDeadlineMs,
    memory: readMemory,
    canRaisePriority: canRaisePriority(),
  };
}

export function memoryGuard({ memoryReserveMb, driverMemoryMb }: Config): MemoryGuard | undefined {
  return memoryReserveMb === undefined ? undefined : { read: readMemory, memoryReserveMb, driverMemoryMb };
}
