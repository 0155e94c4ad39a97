import { deferred, type Deferred } from "../lib/deferred.ts";

const answerTimeoutMs = 5_000;

/**
 * Questions to a driver that wait for their answers. A question and its answer carry the same number, which
 * is never used twice, also not on a later connection.
 */
export class Questions<Answer> {
  readonly #open = new Map<number, Deferred<Answer>>();
  #next = 1;

  newId(): number {
    return this.#next++;
  }

  /** Sends a question and resolves with its answer. Rejects if no answer comes within 5 s. */
  async ask(send: (id: number) => void): Promise<Answer> {
    const id = this.newId();
    const answer = deferred<Answer>();
    this.#open.set(id, answer);
    const timer = setTimeout(() => {
      answer.reject(new Error(`The driver did not answer within ${String(answerTimeoutMs)} ms`));
    }, answerTimeoutMs);
    try {
      send(id);
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#open.delete(id);
    }
  }

  answered(id: number, answer: Answer): void {
    this.#open.get(id)?.resolve(answer);
  }
}
