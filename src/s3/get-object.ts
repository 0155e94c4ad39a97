import type { Buckets } from "../objects/buckets.ts";
import type { Command } from "./command.ts";
import { missing } from "./missing.ts";
import { checkVersion, objectAnswer } from "./object-answer.ts";

export const getObject =
  ({ buckets }: { buckets: Pick<Buckets, "open" | "exists"> }): Command =>
  async (call) => {
    checkVersion(call);
    const object = await buckets.open(call.bucket, call.key);
    if (object === undefined) throw await missing(buckets, call);
    try {
      const { range, ...answer } = objectAnswer(call, object.info);
      return { ...answer, body: answer.status !== 304 && range ? object.stream(range) : undefined };
    } finally {
      await object.close(); // does nothing once `stream` was called
    }
  };
