// Packages that a session installs with pip belong to that session alone. Other sessions do not see them, and
// neither does the engine, which all sessions share.
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  GetCalculationExecutionCommand,
  StopCalculationExecutionCommand,
  TerminateSessionCommand,
} from "@aws-sdk/client-athena";
import { afterAll, beforeAll, expect, test } from "vitest";
import { athenaUser, type AthenaUser } from "../support/athena-user.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait-for.ts";

/** A folder that serves as the machine's package index. The environment names it to pip. */
const wheels = mkdtempSync(join(tmpdir(), "glaux-wheels-"));

let server: TestServer;
let user: AthenaUser;
let one: string;
let other: string;

beforeAll(async () => {
  server = await startServer({ env: { PIP_NO_INDEX: "1", PIP_FIND_LINKS: wheels } });
  user = athenaUser(server);
  one = await user.idleSession();
  other = await user.idleSession();
});
afterAll(async () => {
  user[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
  rmSync(wheels, { recursive: true });
});

const makeWheels = `
import zipfile
for version in ("1.0", "2.0"):
    info = f"shade-{version}.dist-info"
    with zipfile.ZipFile(f"${wheels}/shade-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("shade.py", f"version = '{version}'")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: shade\\nVersion: {version}\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", f"shade.py,,\\n{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/RECORD,,\\n")
`;

/**
 * Prints the version that Spark's workers import. The function that imports it is defined once in a session.
 */
const workers = `
from pyspark.sql.functions import udf
if "shade_of" not in globals():
    @udf
    def shade_of(_):
        import shade
        return shade.version
print(sorted({row[0] for row in spark.range(8).select(shade_of("id")).collect()}))
`;

test("two sessions have two versions, also after a Stop and with a new Python process; the engine stays as it was", async () => {
  const engine = (await user.print(one, `${makeWheels}\nimport sys\nprint(sys.prefix)`)).trim();
  const before = contentOf(engine);

  await user.print(one, "%pip install shade==1.0");
  await user.print(other, "!pip install -q shade==2.0");
  expect(await user.print(one, `import shade\nprint(shade.version)\n${workers}`)).toBe("1.0\n['1.0']\n");
  expect(await user.print(other, `import shade\nprint(shade.version)\n${workers}`)).toBe("2.0\n['2.0']\n");

  // Running workers already have the function and have already imported the module.
  expect(await user.print(one, "%pip install --upgrade shade")).toContain("shade was imported before and must be");
  expect(await user.print(one, `import importlib\nprint(importlib.reload(shade).version)\n${workers}`)).toBe(
    "2.0\n['2.0']\n",
  );

  const id = await user.start(one, "import time\nprint('begun', flush=True)\ntime.sleep(600)");
  const { WorkingDirectory: folder = "" } = await user.athena.send(
    new GetCalculationExecutionCommand({ CalculationExecutionId: id }),
  );
  await waitFor("the code's beginning", async () => {
    const text = await user.text(`${folder}/stdout`).catch(() => "");
    return text.includes("begun") ? true : undefined;
  });
  await user.athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: id }));
  expect((await user.ended(id)).state).toBe("CANCELED");
  expect(await user.print(one, `print(shade.version)\n${workers}`)).toBe("2.0\n['2.0']\n");

  expect((await user.run(one, "import os\nos._exit(1)")).state).toBe("FAILED");
  expect(await user.print(one, `import shade\nprint(shade.version)\n${workers}`)).toBe("2.0\n['2.0']\n");

  const failed = await user.run(one, "%pip install pyspark==3.0.0");
  expect(failed.state).toBe("FAILED");
  expect(failed.reason).toMatch(/pyspark \S+ belongs to what this session runs on, and is not replaced in it\./);

  expect(await user.print(other, "%pip uninstall shade")).toContain("Successfully uninstalled shade-2.0");
  expect(contentOf(engine)).toEqual(before);

  const own = (await user.print(one, "import sys\nprint(sys.executable)")).trim();
  expect(own.startsWith(server.home)).toBe(true);
  await user.athena.send(new TerminateSessionCommand({ SessionId: one }));
  await user.sessionIn(one, "TERMINATED");
  expect(existsSync(own)).toBe(false);
});

/** Every file below a folder with a digest of its bytes, and every link with its target. */
function contentOf(folder: string): Map<string, string> {
  const content = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) content.set(name, readlinkSync(path));
    else if (stat.isFile()) content.set(name, createHash("sha256").update(readFileSync(path)).digest("hex"));
    else content.set(name, "");
  }
  return content;
}
