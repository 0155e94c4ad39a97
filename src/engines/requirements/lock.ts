// Writes the lock files (*.txt) anew from the *.in files: `node src/engines/requirements/lock.ts`. Needs `uv`
// on the PATH (pip install uv). One lock serves all of an engine's Python versions and both architectures: it
// has markers where they differ, and the checksums of all their files.
import { spawnSync } from "node:child_process";

interface Lock {
  name: string;
  oldestPython: string;
  inputs: string[];
  /** Another lock, whose versions this lock keeps. */
  within?: string;
}

const locks: Lock[] = [
  { name: "bootstrap", oldestPython: "3.9", inputs: ["bootstrap"] },
  { name: "uv", oldestPython: "3.9", inputs: ["uv"] },
  { name: "jdk-17", oldestPython: "3.9", inputs: ["jdk-17"] },
  { name: "jdk-21", oldestPython: "3.11", inputs: ["jdk-21"] },
  { name: "3.5", oldestPython: "3.9", inputs: ["3.5"] },
  { name: "3.5-athena", oldestPython: "3.9", inputs: ["3.5", "athena"], within: "3.5" },
  { name: "4", oldestPython: "3.11", inputs: ["4"] },
  { name: "4-athena", oldestPython: "3.11", inputs: ["4", "athena"], within: "4" },
];

for (const { name, oldestPython, inputs, within } of locks) {
  const options = [
    "--universal",
    "--fork-strategy",
    "fewest",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "-q",
  ];
  const files = inputs.map((input) => `${input}.in`);
  const constraint = within === undefined ? [] : ["-c", `${within}.txt`];
  const args = [
    "pip",
    "compile",
    ...options,
    "--python-version",
    oldestPython,
    ...files,
    ...constraint,
    "-o",
    `${name}.txt`,
  ];
  const { status, error } = spawnSync("uv", args, { cwd: import.meta.dirname, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) throw new Error(`uv could not resolve ${name}.in`);
}
