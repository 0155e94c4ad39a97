// Reads a Dockerfile as far as the tests need it.

export interface Instruction {
  /** `FROM`, `RUN`, … */
  readonly word: string;
  readonly rest: string;
}

/** All instructions, in order, with their continued lines joined. */
export function instructionsOf(text: string): Instruction[] {
  const lines = text.split("\n").filter((line) => !/^\s*#/.test(line));
  const joined = lines.join("\n").replaceAll(/\s*\\\n\s*/g, " ");
  return joined
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, word, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      if (word === undefined || rest === undefined) throw new Error(`No instruction: ${line}`);
      return { word, rest };
    });
}

/** The instructions of each stage. The last stage is the image. */
export function stagesOf(instructions: readonly Instruction[]): Instruction[][] {
  const stages: Instruction[][] = [];
  for (const one of instructions) {
    if (one.word === "FROM") stages.push([]);
    stages.at(-1)?.push(one);
  }
  return stages;
}

/** The variables that a stage's ENV sets, with those of its ARGs replaced by their defaults. */
export function environmentOf(stage: readonly Instruction[]): Record<string, string> {
  const args: Record<string, string> = {};
  const env: Record<string, string> = {};
  for (const { word, rest } of stage) {
    if (word !== "ARG" && word !== "ENV") continue;
    for (const [, name = "", value = ""] of rest.matchAll(/(\w+)=(\S*)/g))
      (word === "ARG" ? args : env)[name] = value.replaceAll(/\$\{(\w+)\}/g, (_, other: string) => args[other] ?? "");
  }
  return env;
}
