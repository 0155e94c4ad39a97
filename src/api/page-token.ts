import { createHmac, timingSafeEqual } from "node:crypto";
import { invalidRequest } from "../protocol/exceptions.ts";

/**
 * Opaque tokens for the next page. A token holds a position. Its signature binds the position to the
 * operation and its filters, so a token that was forged, or made for another list, is refused.
 */
export interface PageTokens {
  /** The token for the page that begins after `position`. */
  make(operation: string, filters: object, position: object): string;
  /**
   * The position in a token; undefined if there is no token. Throws InvalidRequestException for a token that
   * is not valid for this list.
   */
  read(operation: string, filters: object, token: string | undefined): object | undefined;
}

export function pageTokens(secret: string): PageTokens {
  const sign = (operation: string, filters: object, payload: string) =>
    createHmac("sha256", secret)
      .update(`${operation}\n${JSON.stringify(filters)}\n${payload}`)
      .digest("base64url");
  return {
    make(operation, filters, position) {
      const payload = Buffer.from(JSON.stringify(position)).toString("base64url");
      return `${payload}.${sign(operation, filters, payload)}`;
    },
    read(operation, filters, token) {
      if (token === undefined) return undefined;
      const [payload = "", signature = ""] = token.split(".");
      const wanted = Buffer.from(sign(operation, filters, payload));
      const given = Buffer.from(signature);
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
        throw invalidRequest("NextToken is not valid for this request.");
      return JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
    },
  };
}

/**
 * One page of a list. Asks `list` for one row more than `limit`, to find out whether the page needs a token.
 */
export async function page<Row, Position extends object>(
  tokens: PageTokens,
  request: { operation: string; filters: object; token: string | undefined; limit: number },
  list: (after: Position | undefined, limit: number) => Promise<Row[]>,
  positionOf: (row: Row) => Position,
): Promise<{ rows: Row[]; NextToken?: string }> {
  const { operation, filters, token, limit } = request;
  const rows = await list(tokens.read(operation, filters, token) as Position | undefined, limit + 1);
  const last = rows[limit - 1];
  if (rows.length <= limit || last === undefined) return { rows };
  return { rows: rows.slice(0, limit), NextToken: tokens.make(operation, filters, positionOf(last)) };
}

/** One page of a list that is short and never changes. */
export async function pageOf<Row>(
  tokens: PageTokens,
  request: { operation: string; filters: object; token: string | undefined; limit: number },
  all: readonly Row[],
): Promise<{ rows: Row[]; NextToken?: string }> {
  const numbered = all.map((row, index) => ({ row, index }));
  const { rows, ...next } = await page<(typeof numbered)[number], { index: number }>(
    tokens,
    request,
    (after, limit) => Promise.resolve(numbered.slice((after?.index ?? -1) + 1).slice(0, limit)),
    ({ index }) => ({ index }),
  );
  return { rows: rows.map(({ row }) => row), ...next };
}
