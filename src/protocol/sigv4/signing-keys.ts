import type { Claim } from "./claim.ts";
import { HmacSha256 } from "./hmac.ts";

/** Returns the signing key of a secret for a day, a region and a service. */
export type SigningKeys = (secret: string, scope: Claim["scope"]) => HmacSha256;

const maxKept = 256;

/**
 * Caches signing keys, because making a key takes four HMACs. When the cache is full, the oldest key is
 * dropped. The secret is part of a key's name in the cache, so that a changed secret counts at once.
 */
export function signingKeys(): SigningKeys {
  const kept = new Map<string, HmacSha256>();
  return (secret, scope) => {
    const name = `${scope.date}/${scope.region}/${scope.service}/${secret}`;
    let key = kept.get(name);
    if (key === undefined) {
      key = makeKey(secret, scope);
      const oldest = kept.keys().next();
      if (kept.size >= maxKept && !oldest.done) kept.delete(oldest.value);
      kept.set(name, key);
    }
    return key;
  };
}

function makeKey(secret: string, { date, region, service }: Claim["scope"]): HmacSha256 {
  return [date, region, service, "aws4_request"].reduce(
    (outer, part) => new HmacSha256(Buffer.from(outer.sign(part, "binary"), "latin1")),
    new HmacSha256(Buffer.from(`AWS4${secret}`, "utf8")),
  );
}
