import {
  GetCalculationExecutionCommand,
  GetCalculationExecutionStatusCommand,
  StartCalculationExecutionCommand,
  StopCalculationExecutionCommand,
  type CalculationExecutionState,
} from "@aws-sdk/client-athena";
import { randomUUID } from "node:crypto";
import { delay } from "../../lib/delay.ts";
import { CliError } from "../failure.ts";
import type { Script } from "./script.ts";
import type { ServiceLink } from "./service-link.ts";

export interface CalculationEnd {
  state: "COMPLETED" | "FAILED" | "CANCELED";
  reason: string | undefined;
}

export async function startCalculation(link: ServiceLink, sessionId: string, { code, name }: Script): Promise<string> {
  const command = new StartCalculationExecutionCommand({
    SessionId: sessionId,
    CodeBlock: code,
    Description: `glaux run ${name}`.slice(0, 1024),
    ClientRequestToken: randomUUID(),
  });
  const { CalculationExecutionId } = await link.call(({ athena }) => athena.send(command));
  if (CalculationExecutionId === undefined)
    throw new CliError("the service answered StartCalculationExecution without an id");
  return CalculationExecutionId;
}

/** The URIs of the calculation's output, which can be read while it is written. */
export async function outputUris(link: ServiceLink, id: string): Promise<{ stdout: string; stderr: string }> {
  const { WorkingDirectory } = await link.call(({ athena }) =>
    athena.send(new GetCalculationExecutionCommand({ CalculationExecutionId: id })),
  );
  if (WorkingDirectory === undefined)
    throw new CliError(`the service does not say where the output of calculation ${id} lies`);
  return { stdout: `${WorkingDirectory}/stdout`, stderr: `${WorkingDirectory}/stderr` };
}

/** Resolves when the calculation is over. */
export async function calculationEnd(link: ServiceLink, id: string): Promise<CalculationEnd> {
  for (let waitMs = 25; ; waitMs = Math.min(waitMs * 1.5, 250)) {
    const { Status } = await link.call(({ athena }) =>
      athena.send(new GetCalculationExecutionStatusCommand({ CalculationExecutionId: id })),
    );
    const state = Status?.State;
    if (isOver(state)) return { state, reason: Status?.StateChangeReason };
    await delay(waitMs);
  }
}

export async function stopCalculation(link: ServiceLink, id: string): Promise<void> {
  await link.call(({ athena }) => athena.send(new StopCalculationExecutionCommand({ CalculationExecutionId: id })));
}

const isOver = (state: CalculationExecutionState | undefined): state is CalculationEnd["state"] =>
  state === "COMPLETED" || state === "FAILED" || state === "CANCELED";
