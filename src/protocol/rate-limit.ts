import { findOperation } from "./model.ts";

export interface RateLimit {
  /** Requests a second, in the long run. */
  perSecond: number;
  /** Requests that may come at once. */
  burst: number;
}

/** Limits by the name of an operation. `*` is the limit of each operation that is not named. */
export type RateLimits = ReadonlyMap<string, RateLimit>;

/**
 * Whether one more request of this access key for this operation is within its rate. If it is, the request is
 * counted.
 */
export type RateLimiter = (accessKeyId: string, operation: string) => boolean;

/**
 * A token bucket for each access key and operation. `now` is in milliseconds and never goes back. A request
 * costs two look-ups. The limiter keeps one number for each key and operation that was asked for within the
 * time in which an empty bucket fills. Throws for a name that is none of the API's operations.
 */
export function rateLimiter(limits: RateLimits, now: () => number): RateLimiter {
  const unknown = [...limits.keys()].find((name) => name !== "*" && !findOperation(name));
  if (unknown !== undefined) throw new Error(`GLAUX_RATE_LIMITS: Athena has no operation ${unknown}`);
  const byOperation = new Map<string, Buckets | undefined>();
  return (accessKeyId, operation) => {
    let buckets = byOperation.get(operation);
    if (!buckets && !byOperation.has(operation)) {
      const limit = limits.get(operation) ?? limits.get("*");
      buckets = limit && new Buckets(limit);
      byOperation.set(operation, buckets);
    }
    return buckets?.take(accessKeyId, now()) ?? true;
  };
}

/**
 * The buckets of one operation. Of each bucket only the time at which it will be full again is kept, because
 * its content at any other time follows from that. A bucket that is full need not be kept at all. There are
 * two generations of entries: a bucket that was not touched for as long as a bucket takes to fill is dropped
 * together with the older generation.
 */
class Buckets {
  readonly #perTokenMs: number;
  readonly #fillsInMs: number;
  #fullAt = new Map<string, number>();
  #olderFullAt = new Map<string, number>();
  #nextGenerationAt = -Infinity;

  constructor({ perSecond, burst }: RateLimit) {
    this.#perTokenMs = 1000 / perSecond;
    this.#fillsInMs = burst * this.#perTokenMs;
  }

  take(accessKeyId: string, at: number): boolean {
    if (at >= this.#nextGenerationAt) {
      this.#olderFullAt = this.#fullAt;
      this.#fullAt = new Map();
      this.#nextGenerationAt = at + this.#fillsInMs;
    }
    const known = this.#fullAt.get(accessKeyId) ?? this.#olderFullAt.get(accessKeyId);
    const fullAt = Math.max(known ?? at, at) + this.#perTokenMs;
    // The tolerance makes up for the rounding errors of adding up fractions.
    if (fullAt - at > this.#fillsInMs + 1e-6) return false;
    this.#fullAt.set(accessKeyId, fullAt);
    return true;
  }
}
