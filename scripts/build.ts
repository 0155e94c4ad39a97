// `npm run build`: compiles src/ into dist/, which is what a published package runs (Node strips no types below
// node_modules). Everything that is not TypeScript stays where it is; src/lib/package-root.ts finds it.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, runNode } from "./run-tool.ts";

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
