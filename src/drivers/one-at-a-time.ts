/**
 * Runs steps one after the other, in the order of the calls. The promise of a call settles as that call's
 * step does.
 */
export function oneAtATime(): (step: () => Promise<void>) => Promise<void> {
  let last = Promise.resolve();
  return (step) => {
    const mine = last.then(step);
    last = mine.catch(() => undefined);
    return mine;
  };
}
