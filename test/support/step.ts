/** One step of a test that needs the steps before it. A failure says in which step it was. */
export async function step<T>(name: string, take: () => Promise<T>): Promise<T> {
  try {
    return await take();
  } catch (error) {
    if (error instanceof Error) error.message = `${name}: ${error.message}`;
    throw error;
  }
}
