/** Errors that mean nothing is there, be it that the path leads through a file, a link or a socket. */
const absence = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "ENXIO"]);

/** The value, or undefined where the error says that nothing is there. */
export async function orAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (absence.has((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
