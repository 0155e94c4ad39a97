import type { Buckets } from "../objects/buckets.ts";
import type { Command } from "./command.ts";
import { missing } from "./missing.ts";
import { checkVersion, objectAnswer } from "./object-answer.ts";

export const headObject =
  ({ buckets }: { buckets: Pick<Buckets, "stat" | "exists"> }): Command =>
  async (call) => {
    checkVersion(call);
    const info = await buckets.stat(call.bucket, call.key);
    if (info === undefined) throw await missing(buckets, call);
    const { status, headers } = objectAnswer(call, info);
    return { status, headers, body: undefined };
  };
