import type { WarmPool } from "./types.ts";

/** For a server whose pool is turned off: every session boots a driver of its own. */
export const noPool: WarmPool = {
  offer: () =>
    Promise.resolve({
      drivers: [],
      missReason: "the pool is turned off",
      started: () => undefined,
      take: () => undefined,
      [Symbol.dispose]: () => undefined,
    }),
  stepBack: () => ({ [Symbol.dispose]: () => undefined }),
  giveWay: () => undefined,
};
