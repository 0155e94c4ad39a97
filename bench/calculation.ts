// 1+1 as a calculation, by a raw signed client, beside a cell of a plain Jupyter kernel, in turns.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { AthenaClient } from "@aws-sdk/client-athena";
import { packageRoot } from "../src/lib/package-root.ts";
import { signedCalls } from "../test/support/signed-calls.ts";
import type { BenchOptions } from "./bench.ts";
import { Conversation } from "./conversation.ts";
import { benchEngine } from "./engine.ts";
import { startSession } from "./glaux-session.ts";
import { startPooledServer } from "./pooled-server.ts";
import { latencyRows, type Row } from "./row.ts";

const atATime = 50;

export async function calculation({ rounds = 6 }: BenchOptions): Promise<Row[]> {
  const { python } = await benchEngine();
  const jupyter = new Conversation(
    await jupyterPython(python),
    [join(import.meta.dirname, "clients/jupyter_cell.py")],
    {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
    },
  );
  await using server = await startPooledServer(0);
  using calls = signedCalls(server, 1);
  const session = await startSession(new AthenaClient());
  const samples = { glaux: [] as number[], jupyter: [] as number[] };
  // In real life both have run cells before.
  for (let n = 0; n < atATime; n++) await run(calls, session.id);
  await jupyter.ask({ cells: atATime });
  for (let round = 0; round < rounds; round++) {
    for (let n = 0; n < atATime; n++) samples.glaux.push(await run(calls, session.id));
    samples.jupyter.push(...(await jupyter.ask<number[]>({ cells: atATime })));
  }
  await session.end();
  await jupyter.end();
  return [
    ...latencyRows("1+1: StartCalculation → COMPLETED seen, raw signed client", samples.glaux, { p50: 5, p99: 20 }),
    ...latencyRows("1+1: a cell of a Jupyter kernel (ipykernel)", samples.jupyter),
  ];
}

async function run(calls: ReturnType<typeof signedCalls>, SessionId: string): Promise<number> {
  const began = performance.now();
  const ask = async (operation: string, input: object) => {
    const { status, body } = await calls.post(operation, JSON.stringify(input));
    if (status !== 200) throw new Error(body);
    return JSON.parse(body) as { CalculationExecutionId?: string; State?: string; Status?: { State?: string } };
  };
  const { CalculationExecutionId, State } = await ask("StartCalculationExecution", { SessionId, CodeBlock: "1+1" });
  let state = State;
  while (state !== "COMPLETED") {
    state = (await ask("GetCalculationExecutionStatus", { CalculationExecutionId })).Status?.State;
    if (state === "FAILED") throw new Error("1+1 has failed");
  }
  return performance.now() - began;
}

/** Python in a virtual environment of its own, made once, so that the engine's packages stay as they are. */
async function jupyterPython(python: string): Promise<string> {
  const folder = join(packageRoot(), ".glaux/bench-jupyter");
  const made = join(folder, "bin/python");
  if (existsSync(join(folder, "complete"))) return made;
  const run = promisify(execFile);
  await run(python, ["-m", "venv", "--clear", folder]);
  await run(made, [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "ipykernel==7.4.0",
    "jupyter_client==8.10.0",
  ]);
  await run(made, ["-c", `open(${JSON.stringify(join(folder, "complete"))}, "w")`]);
  return made;
}
