import { invalid } from "../domain/refusal.ts";

/** The name as it is, if no file system or URL would take it for a path. The API's own pattern misses what follows a Unicode line separator. */
export function checkedName(name: string): string {
  if (/[/:\\]/.test(name)) throw invalid("The name of a notebook must not contain '/', ':' or '\\'.");
  return name;
}
