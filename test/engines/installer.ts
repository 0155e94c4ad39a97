// Installs an engine in a process of its own, so that a test can kill it: `installer.ts <folder> <id>
// <javaFolder> <pythonFolder>`. Prints each event as a line of JSON.
import { installEngine } from "../../src/engines/engines.ts";

const [folder = "", id = "", javaFolder = "", pythonFolder = ""] = process.argv.slice(2);
if (id !== "3.5" && id !== "4") throw new Error(`no engine ${id}`);
const controller = new AbortController();
process.once("SIGINT", () => {
  controller.abort(new Error("interrupted"));
});
try {
  await installEngine(folder, id, {
    with: [],
    env: process.env,
    progress: (event) => {
      console.log(JSON.stringify(event));
    },
    signal: controller.signal,
    ...(javaFolder ? { javaFolder } : {}),
    ...(pythonFolder ? { pythonFolders: [pythonFolder] } : {}),
  });
} catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
  process.exitCode = 1;
}
