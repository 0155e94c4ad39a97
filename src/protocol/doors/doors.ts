import type { SignedRequest } from "../sigv4/claim.ts";
import type { HttpServerDeps } from "../types.ts";
import { athenaAuthentication, athenaDoor } from "./athena.ts";
import type { Door } from "./door.ts";
import { internalDoor } from "./internal.ts";
import { s3Door } from "./s3.ts";

/** Makes a function that finds the door for a request. All services share one URL. */
export function frontDoors(deps: HttpServerDeps): (request: SignedRequest) => Door {
  const authenticate = athenaAuthentication(deps);
  // The first door whose `isFor` is true gets the request.
  const doors: readonly Door[] = [internalDoor(deps, authenticate), athenaDoor(deps, authenticate)];
  // Nothing marks a request as S3's: a path that no other door takes is that of a bucket or an object.
  const last = s3Door(deps);
  return (request) => doors.find((door) => door.isFor(request)) ?? last;
}
