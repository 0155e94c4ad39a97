import { mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EngineError } from "./errors.ts";
import { findPython } from "./python.ts";
import { engineSpecs } from "./specs.ts";

const spec = engineSpecs["3.5"];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "glaux-python-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a shim that does not work is passed over, and one that does is resolved to the real interpreter", async () => {
  const real = await findPython(spec, { env: process.env });
  expect(await realpath(real.path)).toBe(real.path);
  expect(spec.pythonMinors).toContain(real.minor);

  await writeFile(join(folder, "python3.11"), "#!/bin/sh\necho 'command not found' >&2\nexit 127\n", { mode: 0o755 });
  await writeFile(join(folder, "python3.10"), `#!/bin/sh\nexec ${real.path} "$@"\n`, { mode: 0o755 });
  const found = await findPython({ ...spec, pythonMinors: [real.minor] }, { env: { PATH: folder, HOME: folder } });
  expect(found.minor).toBe(real.minor);
  expect(await realpath(found.path)).toBe(found.path);
  expect(found.path.startsWith(folder)).toBe(false);
});

test("without a fitting one the error lists what there is, and how to get one", async () => {
  const real = await findPython(spec, { env: process.env });
  await symlink(real.path, join(folder, "python3"));
  await writeFile(join(folder, "python3.5"), "#!/bin/sh\necho broken >&2\nexit 1\n", { mode: 0o755 });
  const failure = await findPython({ ...spec, pythonMinors: [5] }, { env: { PATH: folder, HOME: folder } }).catch(
    (e: unknown) => e,
  );
  expect(failure).toBeInstanceOf(EngineError);
  const { message } = failure as EngineError;
  expect(message).toContain(`${folder}/python3: version ${real.version}`);
  expect(message).toContain(`${folder}/python3.5: does not run (broken)`);
  expect(message).toMatch(/apt install python3\.5 python3\.5-venv/);
});

test("one that does not answer is given up", async () => {
  await writeFile(join(folder, "python3.5"), "#!/bin/sh\nsleep 600\n", { mode: 0o755 });
  const env = { PATH: `${folder}:/usr/bin:/bin`, HOME: folder };
  const search = findPython({ ...spec, pythonMinors: [5] }, { env, limitMs: 300 });
  await expect(search).rejects.toThrow(`${folder}/python3.5: does not run (no end within 0.3 s)`);
});
