import { servedOperations } from "./served.ts";
import { header, operationOf, shapeOf, type ModelShape, type ServiceModel } from "./service-model.ts";

/**
 * The model that requests are checked against and answers are written by. Operations and shapes are in
 * alphabetical order. Members are in the model's order, because AWS reports violations in that order.
 */
export function renderModel(model: ServiceModel): string {
  const reached = new Set<string>();
  const operations = Object.keys(model.operations)
    .sort()
    .map((name) => renderOperation(model, name, reached));
  const shapes = [...reached].sort().map((name) => `  ${name}: ${renderShape(shapeOf(model, name))},\n`);
  return [
    header,
    `import type { OperationSource, ShapeSource } from "./model-source.ts";\n\n`,
    `// prettier-ignore\nexport const operationSources = {\n${operations.join("")}} as const satisfies Record<string, OperationSource>;\n\n`,
    `// prettier-ignore\nexport const shapeSources: Record<string, ShapeSource> = {\n${shapes.join("")}};\n`,
  ].join("");
}

function renderOperation(model: ServiceModel, name: string, reached: Set<string>): string {
  const operation = operationOf(model, name);
  collect(model, operation.input.shape, reached);
  if (!servedOperations.includes(name)) return `  ${name}: { input: "${operation.input.shape}" },\n`;
  collect(model, operation.output.shape, reached);
  const errors = operation.errors.map(({ shape }) => JSON.stringify(shape)).sort();
  return `  ${name}: { input: "${operation.input.shape}", output: "${operation.output.shape}", errors: [${errors.join(", ")}] },\n`;
}

function collect(model: ServiceModel, name: string, reached: Set<string>): void {
  if (reached.has(name)) return;
  reached.add(name);
  const { members = {}, member, key, value } = shapeOf(model, name);
  for (const reference of [...Object.values(members), member, key, value]) {
    if (reference !== undefined) collect(model, reference.shape, reached);
  }
}

function renderShape(shape: ModelShape): string {
  const { type, required, members, member, key, value, min, max, pattern } = shape;
  return JSON.stringify({
    type,
    required: required?.length ? required : undefined,
    members: members && Object.fromEntries(Object.entries(members).map(([name, reference]) => [name, reference.shape])),
    member: member?.shape,
    key: key?.shape,
    value: value?.shape,
    enum: shape.enum,
    min,
    max,
    pattern,
  });
}
