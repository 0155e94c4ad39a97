// The jars that an engine fetches, if Maven's public repository cannot be reached.
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { enginesFolder } from "../../scripts/test/environment.ts";
import { findEngine } from "../../src/engines/engines.ts";
import { fetchFromMaven } from "../../src/engines/maven.ts";

test("a jar is looked for in the mirror that is named; if it is not there, the error names the variable", async () => {
  const engine = await findEngine(enginesFolder, "3.5", { rebuild: false });
  if (!engine) throw new Error(`engine 3.5 is not in ${enginesFolder}`);
  const folder = await mkdtemp(join(tmpdir(), "glaux-maven-"));
  const asked: (string | undefined)[] = [];
  const mirror = createServer(({ url }, response) => {
    asked.push(url);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => mirror.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = mirror.address() as AddressInfo;
    const env = {
      ...process.env,
      DEFAULT_ARTIFACT_REPOSITORY: `http://127.0.0.1:${port}/maven`,
      // A proxy that nobody serves, so that nothing but the mirror can be reached.
      https_proxy: "http://127.0.0.1:9",
    };
    await expect(fetchFromMaven("org.example:thing:1.0", folder, engine, { env })).rejects.toThrow(
      /org\.example:thing:1\.0 could not be fetched[^]*→ .*DEFAULT_ARTIFACT_REPOSITORY/,
    );
    expect(asked).toContain("/maven/org/example/thing/1.0/thing-1.0.pom");
  } finally {
    mirror.close();
    await rm(folder, { recursive: true });
  }
});
