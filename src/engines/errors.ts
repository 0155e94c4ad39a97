/** Something that an engine needs is missing or failed; the message ends with what to do about it. */
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

/** There is no Python that the engine runs on; another engine may run on what there is. */
export class NoPython extends EngineError {}
