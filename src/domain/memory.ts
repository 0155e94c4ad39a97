/**
 * What a session may use in addition to its JVM's heap, in MiB: the rest of the JVM, and the Python
 * processes. An idle session with little in its heap was measured at 480–520 MiB in all.
 */
export const overheadMb = 512;

export interface MemorySituation {
  /** The memory that programs can still get without swapping. */
  availableMb: number;
  /** The memory that must stay free. */
  memoryReserveMb: number;
  /** The memory that one more session may use. */
  neededMb: number;
  /**
   * The number of sessions that are being started. `availableMb` does not yet reflect all the memory that
   * they will use.
   */
  starting: number;
  /** The number of sessions that are being ended. Their memory will soon be available. */
  ending: number;
}

/**
 * Whether the machine has memory for one more session. The whole heap is counted, although an idle session
 * uses only a fraction of it, because a calculation may fill it at any time. Sessions that are up are counted
 * with the memory that they use now. The answer is `wait` if a start or an end that is under way may make
 * room, and `refuse` if nothing that is under way can.
 */
export function memoryVerdict(situation: MemorySituation): "start" | "wait" | "refuse" {
  const { availableMb, memoryReserveMb, neededMb, starting, ending } = situation;
  const freeMb = availableMb - memoryReserveMb;
  if (freeMb - starting * neededMb >= neededMb) return "start";
  return ending > 0 || (starting > 0 && freeMb >= neededMb) ? "wait" : "refuse";
}
