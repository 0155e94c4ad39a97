import { readFile } from "node:fs/promises";
import type { Config } from "../../config/config.ts";

/** The endpoint of the service that runs on the data folder, if it accepts requests now. */
export async function findService(config: Config): Promise<string | undefined> {
  const endpoint = (await readFile(config.paths.endpointFile, "utf8").catch(() => "")).trim();
  if (endpoint === "") return undefined;
  try {
    // A killed server leaves its endpoint behind. Another program may listen there now, or hang.
    const response = await fetch(`${endpoint}/-/ready`, { signal: AbortSignal.timeout(2_000) });
    const body = (await response.json()) as { status?: unknown };
    return response.ok && body.status === "ready" ? endpoint : undefined;
  } catch {
    return undefined;
  }
}
