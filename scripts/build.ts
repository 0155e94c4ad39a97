// `npm run build`: compiles src/ into dist/, which a published package runs (Node strips no types below
// node_modules), and copies the files beside the sources that are not TypeScript.
import { cpSync, existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { root, runNode } from "./run-tool.ts";

const src = join(root, "src");
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
const tsc = join(root, "node_modules/typescript/bin/tsc");
const { code, output } = await runNode([tsc, "--project", join(root, "tsconfig.build.json")]);
process.stderr.write(output);
if (code === 0 && !existsSync(join(dist, "cli/main.js"))) {
  console.error("The compiler made no dist/cli/main.js: is there a src/cli/main.ts?");
  process.exitCode = 1;
} else {
  process.exitCode = code;
}
// So `new URL("verify.py", import.meta.url)` names the same file in src/ and in dist/.
cpSync(src, dist, { recursive: true, filter: (path) => statSync(path).isDirectory() || !/\.(ts|pyc)$/.test(path) });
