// Takes the lock on the file that its first argument names, prints "locked" and keeps the lock. With "orphan"
// it also starts a child that holds the lock's descriptor, as pip does, and prints the child's process id.
import { spawn } from "node:child_process";
import { lockEngine } from "../../src/engines/install-lock.ts";

const [file = "", python = "", mode] = process.argv.slice(2);
const lock = await lockEngine(file, {
  python,
  env: process.env,
  signal: undefined,
  onWait: (holder) => {
    console.log(`waiting for ${holder}`);
  },
});
let orphan = "";
if (mode === "orphan") {
  const child = spawn("sleep", ["60"], { stdio: ["ignore", "ignore", "ignore", lock.fd], detached: true });
  orphan = ` ${String(child.pid)}`;
}
console.log(`locked${orphan}`);
process.stdin.on("end", () => void lock[Symbol.asyncDispose]()).resume();
