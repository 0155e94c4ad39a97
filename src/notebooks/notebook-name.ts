import { invalid } from "../domain/refusal.ts";

/**
 * The name, unchanged. Refuses a name that a file system or a URL could take for a path. The API's own
 * pattern does not check what follows a Unicode line separator.
 */
export function checkedName(name: string): string {
  if (/[/:\\]/.test(name)) throw invalid("The name of a notebook must not contain '/', ':' or '\\'.");
  return name;
}
