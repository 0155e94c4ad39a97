/**
 * Errors that mean that nothing is there. Some say that the path leads through a file, a link or a socket.
 */
const absence = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "ENXIO"]);

/** The promise's value, or undefined if its error means that nothing is there. */
export async function orAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (absence.has((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
