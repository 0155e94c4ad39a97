import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { enginesFolder } from "../scripts/test/environment.ts";
import { startServer, type TestServer } from "../test/support/server.ts";
import { waitFor } from "../test/support/wait-for.ts";
import { benchEngine } from "./engine.ts";

export interface PooledServer extends TestServer {
  /** Resolves when this many members can be claimed. */
  filled(members?: number): Promise<void>;
  /** The tags of the members that can be claimed. */
  members(): string[];
}

/** A server that keeps `members` drivers booted. The pool itself decides when it boots new ones. */
export async function startPooledServer(members: number, env: NodeJS.ProcessEnv = {}): Promise<PooledServer> {
  await benchEngine();
  const server = await startServer({
    env: {
      GLAUX_ENGINES: enginesFolder,
      GLAUX_POOL_MIN: String(members),
      GLAUX_POOL_MAX: String(members),
      GLAUX_MAX_SESSIONS: "64",
      ...env,
    },
  });
  // Set as by `eval "$(npx glaux env)"`: the clients find the service by the profile.
  Object.assign(process.env, server.env);
  const claimable = () => claimableMembers(join(server.home, "drivers"));
  return Object.assign(server, {
    members: claimable,
    async filled(wanted = members) {
      await waitFor(`${String(wanted)} pool members`, () => (claimable().length >= wanted ? true : undefined), {
        withinMs: 600_000,
        everyMs: 100,
      });
    },
  });
}

/** The members are found by their journals, as nothing of the pool is visible from outside. */
function claimableMembers(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((id) => {
    try {
      const launch = JSON.parse(readFileSync(join(folder, id, "launch.json"), "utf8")) as {
        tag: string;
        pool?: object;
      };
      const journal = readFileSync(join(folder, id, "journal"), "utf8");
      const isClaimable = journal.includes(`"type":"ready"`) && !/"type":"(claimed|ended)"/.test(journal);
      return launch.pool !== undefined && isClaimable ? [launch.tag] : [];
    } catch {
      // The folder is just being made or removed.
      return [];
    }
  });
}
