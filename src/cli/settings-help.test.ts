import { expect, test } from "vitest";
import { settingKeys } from "../config/keys.ts";
import { settingsHelp } from "./settings-help.ts";

test("names every setting with its default, within the terminal's width", () => {
  const help = settingsHelp(80);
  for (const { env } of Object.values(settingKeys)) expect(help).toMatch(new RegExp(`^  ${env}  \\(default: \\S`, "m"));
  const docs = help.split("\n").filter((line) => line.startsWith("      "));
  expect(docs.length).toBeGreaterThan(Object.keys(settingKeys).length);
  expect(docs.every((line) => line.length <= 80)).toBe(true);
});
