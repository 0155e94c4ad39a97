import { operation } from "./operation.ts";
import { pageOf, type PageTokens } from "./page-token.ts";

const defaultLimit = 100;

/**
 * Athena's own answer: coordinators and executors have the same size, and the API's model allows no other.
 */
const sizes = [{ ApplicationRuntimeId: "Athena notebook version 1", SupportedDPUSizes: [1] }];

export const listApplicationDpuSizes = (deps: { tokens: PageTokens }) =>
  operation("ListApplicationDPUSizes", async (input) => {
    const { rows, NextToken } = await pageOf(
      deps.tokens,
      {
        operation: "ListApplicationDPUSizes",
        filters: {},
        token: input.NextToken,
        limit: input.MaxResults ?? defaultLimit,
      },
      sizes,
    );
    return { ApplicationDPUSizes: rows, NextToken };
  });
