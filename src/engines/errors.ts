/** Something that an engine needs is missing or failed. The message ends with what to do about it. */
export class EngineError extends Error {
  readonly problem: string;
  readonly fix: string;

  constructor(problem: string, fix: string, options?: ErrorOptions) {
    super(`${problem}\n  → ${fix}`, options);
    this.name = "EngineError";
    this.problem = problem;
    this.fix = fix;
  }
}

/** The machine has no Python that the engine runs on. Another engine may run on a Python that it has. */
export class NoPython extends EngineError {}
