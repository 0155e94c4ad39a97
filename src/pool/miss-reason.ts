import { misfit, type LaunchShape } from "../domain/launch-shape.ts";
import type { Member } from "./member.ts";

/**
 * The reason why a session gets no pool member, for the session's log. `waiting` says why the pool does not
 * boot more members.
 */
export function missReason(wanted: LaunchShape, members: readonly Member[], waiting: string): string {
  const misfits = members.flatMap(({ shape }) => misfit(wanted, shape) ?? []);
  const fitting = members.length - misfits.length;
  if (fitting > 0) return "the pool's member for it is still booting";
  if (misfits[0] !== undefined) return `no pool member fits: ${misfits[0]}`;
  return `the pool has no member that is ready (${waiting})`;
}
