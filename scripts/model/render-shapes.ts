import { servedOperations } from "./served.ts";
import { header, operationOf, shapeOf, type ServiceModel } from "./service-model.ts";

/** The types of the operations that are served, and the names of all others. */
export function renderShapes(model: ServiceModel): string {
  const served = [...servedOperations].sort();
  const unsupported = Object.keys(model.operations)
    .sort()
    .filter((name) => !served.includes(name));
  const shapes = served.map((name) => renderShape(model, name));
  return [
    header,
    `import type * as athena from "@aws-sdk/client-athena";\nimport type { Shape } from "./shape.ts";\n\n`,
    `/** What each operation that is served takes and gives. */\n`,
    `// prettier-ignore\nexport interface Shapes {\n${shapes.join("")}}\n\n`,
    `export type ServedOperation = keyof Shapes;\n\n`,
    `/** Every other operation of the API: Athena's SQL engine, its catalogues, capacity and system tables. */\n`,
    `export const unsupportedOperations = [\n${unsupported.map((name) => `  "${name}",\n`).join("")}] as const;\n\n`,
    `export type UnsupportedOperation = (typeof unsupportedOperations)[number];\n`,
  ].join("");
}

/** Names the required members, because in the SDK's types each member may be undefined. */
function renderShape(model: ServiceModel, name: string): string {
  const { input, output } = operationOf(model, name);
  const required = (shapeOf(model, input.shape).required ?? []).map((member) => JSON.stringify(member));
  const members = required.join(" | ") || "never";
  return `  ${name}: Shape<athena.${input.shape}, ${members}, athena.${output.shape}>;\n`;
}
