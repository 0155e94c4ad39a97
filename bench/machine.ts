import { cpus, totalmem } from "node:os";

/** The machine that the figures were measured on. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown";
  return `${String(cpus().length)} cores (${model}), ${String(Math.round(totalmem() / 2 ** 30))} GiB`;
}
