// `npm test -- --changed [commit]`: finds the tests that a change since a commit can affect. vitest follows
// the imports. What imports do not show is in the table below: tests that start the server as a program, and
// the driver's Python tests.
import { root, runNode, runTool } from "../run-tool.ts";
import { vitest } from "./vitest-suite.ts";

const serverFromOutside = ["test/contract/", "test/adoption/"];
const driver = ["driver/tests/"];

/**
 * By how the path of a changed file begins: tests that the change may affect although they do not import the
 * file.
 */
export const reached: Readonly<Record<string, readonly string[]>> = {
  "bin/": ["test/cli/", "test/workbench/run-node"],
  "deploy/": ["test/deploy/"],
  "driver/glaux_driver/messages.py": driver,
  "driver/glaux_driver/packages/": [
    "driver/tests/supervisor/test_packages.py",
    "driver/tests/supervisor/test_pip.py",
    "test/contract/packages",
  ],
  "driver/glaux_driver/pyspark_repairs.py": driver,
  "driver/glaux_driver/runner/": ["driver/tests/runner/", "test/contract/calculations", "test/contract/magics"],
  "driver/glaux_driver/supervisor/": ["driver/tests/supervisor/", "test/contract/failures", "test/contract/stop"],
  "driver/glaux_driver/train.py": ["test/engines/archive"],
  "driver/glaux_driver/warm_up_queries.py": ["driver/tests/supervisor/test_pool_member.py", "test/contract/pool"],
  "driver/glaux_driver/when_imported.py": ["driver/tests/runner/"],
  "driver/spark/": [
    "driver/tests/supervisor/test_bucket_paths.py",
    "driver/tests/supervisor/test_commits.py",
    "test/contract/parallel-writes",
  ],
  "driver/tests/": driver,
  "examples/": ["test/cli/examples", "test/cli/pytest-example"],
  "scripts/": ["test/workbench/"],
  "src/access/": ["test/cli/serve", "test/contract/aws-cli"],
  "src/api/": ["test/contract/", "test/model/"],
  "src/cli/": ["test/cli/", "test/reset/"],
  "src/config/": ["test/cli/serve"],
  "src/domain/": ["test/contract/session", "test/contract/calculations"],
  "src/drivers/": ["test/adoption/", "test/contract/failures", "test/faults/"],
  "src/engines/": ["test/engines/", "test/contract/engines"],
  "src/internal-pages": ["test/telemetry/"],
  "src/lib/": serverFromOutside,
  "src/notebooks/": ["test/contract/notebook", "test/notebooks/"],
  "src/objects/": ["test/contract/boto3", "test/contract/parallel-writes"],
  "src/pack/": ["test/pack/", "test/package/"],
  "src/pool/": ["test/contract/pool"],
  "src/protocol/": ["test/contract/refusals", "test/contract/boto3", "test/fuzz/", "test/model/"],
  "src/s3/": ["test/contract/boto3", "test/contract/aws-cli"],
  "src/service": [...serverFromOutside, "test/faults/"],
  "src/sessions/": [...serverFromOutside, "test/faults/"],
  "src/store/": ["test/adoption/", "test/upgrade/"],
  "src/tags/": ["test/contract/tags"],
  "src/telemetry/": ["test/telemetry/"],
  "src/workgroups/": ["test/contract/work-groups"],
  "test/fixtures/databases/": ["test/upgrade/"],
  "test/fixtures/drivers/": ["test/drivers/", "test/pool/", "test/sessions/"],
  "test/fixtures/messages/": ["driver/tests/supervisor/test_messages.py", "src/drivers/messages"],
  "test/support/": serverFromOutside,
};

/** Files that differ from the commit, new ones included. */
export async function changedFiles(since: string, cwd = root): Promise<string[]> {
  const differing = await git(cwd, "diff", "--name-only", since, "--");
  const untracked = await git(cwd, "ls-files", "--others", "--exclude-standard");
  return [...new Set([...differing, ...untracked])];
}

/**
 * Paths of tests, or beginnings of paths, by the table. If a Python test itself has changed, it selects only
 * itself.
 */
export function reachedBy(files: readonly string[]): string[] {
  const tests = files.flatMap((file) => {
    if (/^driver\/tests\/.*\/test_\w+\.py$/.test(file)) return [file];
    return Object.entries(reached).flatMap(([prefix, found]) => (file.startsWith(prefix) ? found : []));
  });
  return [...new Set(tests)].filter((test) => !tests.some((other) => other !== test && test.startsWith(other)));
}

/** The TypeScript test files that import a changed file, directly or not. */
export async function reachedByImports(since: string): Promise<string[]> {
  const { code, output } = await runNode([vitest, "list", "--filesOnly", `--changed=${since}`]);
  if (code !== 0) throw new Error(`vitest could not tell which tests a change reaches:\n${output}`);
  return output
    .split("\n")
    .filter((line) => line.includes(".test.ts"))
    .map((line) => line.replace(/^\[\w+\] /, ""));
}

async function git(cwd: string, ...args: string[]): Promise<string[]> {
  const { code, output } = await runTool("git", args, { cwd });
  if (code !== 0) throw new Error(`git ${args.join(" ")} failed:\n${output}`);
  return output.split("\n").filter((line) => line !== "");
}
