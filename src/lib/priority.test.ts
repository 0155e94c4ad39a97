import { expect, test } from "vitest";
import { canRaisePriority } from "./priority.ts";

const files = (capabilities: string, limit: string) => (path: string) =>
  path.endsWith("status")
    ? `Name:\tnode\nCapEff:\t${capabilities}\n`
    : `Limit                     Soft Limit           Hard Limit           Units     \nMax nice priority         ${limit}                    ${limit}                    \n`;

test.each([
  ["an ordinary user", "0000000000000000", "0", false],
  ["root", "000001ffffffffff", "0", true],
  ["root of a container without CAP_SYS_NICE", "00000000a80425fb", "0", false],
  ["only CAP_SYS_NICE", "0000000000800000", "0", true],
  ["a limit that allows nice 0", "0000000000000000", "20", true],
  ["a limit that allows nice 1", "0000000000000000", "19", false],
  ["no limit", "0000000000000000", "unlimited", true],
])("%s", (_name, capabilities, limit, can) => {
  expect(canRaisePriority(files(capabilities, limit))).toBe(can);
});

test("without /proc, no", () => {
  expect(canRaisePriority(() => "")).toBe(false);
});
