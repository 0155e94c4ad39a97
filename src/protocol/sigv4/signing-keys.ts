import type { Claim } from "./claim.ts";
import { HmacSha256 } from "./hmac.ts";

/** The key that a secret gives for a day, a region and a service. */
export type SigningKeys = (secret: string, scope: Claim["scope"]) => HmacSha256;

const maxKept = 256;

/**
 * Keeps the keys, as each takes four HMACs, and of too many forgets the oldest. The secret is part of a key's name, so
 * that a changed one counts at once.
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
