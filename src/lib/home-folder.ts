import { homedir, userInfo } from "node:os";

/**
 * The user's home folder by the environment, else by the system. Undefined if neither knows one, as for a
 * container's user without an entry in /etc/passwd.
 */
export function homeFolder(): string | undefined {
  return orUndefined(homedir);
}

/** The user's home folder by the system alone. */
export function systemHomeFolder(): string | undefined {
  return orUndefined(() => userInfo().homedir);
}

/** False for a user without an entry in /etc/passwd. */
export const hasUserName = (): boolean => orUndefined(() => userInfo().username) !== undefined;

function orUndefined(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined; // "no such user"
  }
}
