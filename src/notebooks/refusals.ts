import { invalid, notebookNotFound, type Refusal } from "../domain/refusal.ts";
import type { NotebookInUse, NotItsSession } from "../store/types.ts";

export const nameTaken = (name: string) => invalid(`A notebook named ${name} already exists in the workgroup.`);

export function notSaved(
  why: "unknown" | NotebookInUse | NotItsSession,
  { NotebookId: id, SessionId: session }: { NotebookId: string; SessionId?: string | undefined },
): Refusal {
  if (why === "unknown") return notebookNotFound(id);
  if (session === undefined) return invalid(`SessionId is required: notebook ${id} has an active session.`);
  return why === "notItsSession"
    ? invalid(`Session ${session} is not a session of notebook ${id}.`)
    : invalid(`Session ${session} is not the active session of notebook ${id}.`);
}

/** A notebook cannot be renamed or deleted while it has an active session. */
export const inUse = (id: string, { inUseBy }: NotebookInUse) =>
  invalid(`Notebook ${id} has an active session, ${inUseBy}, which must be terminated first.`);
