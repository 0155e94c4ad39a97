/** What a session may take beside its JVM's heap: the rest of the JVM and its Python processes. Measured idle, with little in the heap: 480–520 MiB in all. */
export const overheadMb = 512;

export interface MemorySituation {
  /** What programs can still get without swapping. */
  availableMb: number;
  /** To be kept free. */
  memoryReserveMb: number;
  /** What one more session may take. */
  neededMb: number;
  /** Sessions whose start is under way: what they will take is not in `availableMb` yet, or not all of it. */
  starting: number;
  /** Sessions whose end is under way: what they hold will be available soon. */
  ending: number;
}

/**
 * Whether one more session can be carried. The heap counts whole, though an idle session holds a fraction of it: a calculation may fill it at any time. Sessions
 * that are up count as what they hold now. `wait` where the end of a start or an end that is under way may change the answer to the better; `refuse` where
 * nothing that is under way can.
 */
export function memoryVerdict(situation: MemorySituation): "start" | "wait" | "refuse" {
  const { availableMb, memoryReserveMb, neededMb, starting, ending } = situation;
  const freeMb = availableMb - memoryReserveMb;
  if (freeMb - starting * neededMb >= neededMb) return "start";
  return ending > 0 || (starting > 0 && freeMb >= neededMb) ? "wait" : "refuse";
}
