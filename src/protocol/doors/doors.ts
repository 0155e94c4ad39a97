import type { SignedRequest } from "../sigv4/claim.ts";
import type { HttpServerDeps } from "../types.ts";
import { athenaAuthentication, athenaDoor } from "./athena.ts";
import type { Door } from "./door.ts";
import { internalDoor } from "./internal.ts";
import { s3Door } from "./s3.ts";

/** All services share one URL: finds the door that a request is for. */
export function frontDoors(deps: HttpServerDeps): (request: SignedRequest) => Door {
  const authenticate = athenaAuthentication(deps);
  // The first door that takes a request has it.
  const doors: readonly Door[] = [internalDoor(deps, authenticate), athenaDoor(deps, authenticate)];
  // S3 has no mark of its own: whatever nobody else takes is the path of a bucket or an object.
  const last = s3Door(deps);
  return (request) => doors.find((door) => door.isFor(request)) ?? last;
}
