import { settingKeys } from "../config/keys.ts";

interface Setting {
  env: string;
  default: string;
  shownDefault?: string;
  doc: string;
}

/** All settings with their defaults and meanings, for `glaux serve --help`. */
export function settingsHelp(width: number, settings: readonly Setting[] = Object.values(settingKeys)): string {
  const blocks = settings.map(({ env, doc, ...setting }) => {
    const heading = `  ${env}  (default: ${setting.shownDefault ?? setting.default})`;
    return [heading, ...wrap(doc, Math.max(40, Math.min(width, 110)) - 6).map((line) => `      ${line}`)].join("\n");
  });
  return ["Settings, from the environment:", ...blocks, ""].join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
