// The import rule, as .dependency-cruiser.js states it.
import { join } from "node:path";
import { root, runNode } from "../run-tool.ts";

interface CruiseResult {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
      readonly comment?: string;
      readonly cycle?: readonly { readonly name: string }[];
    }[];
    readonly ruleSetUsed: { readonly forbidden: readonly { readonly name: string; readonly comment?: string }[] };
  };
}

/**
 * Checks the modules below `folders` of a checkout and resolves to one line for each forbidden import.
 *
 * Throws if the checker looked at no TypeScript: with a compiler that it does not know, it finds no modules
 * and reports no fault.
 */
export async function forbiddenImports(
  checkout = root,
  folders = ["src", "test", "scripts", "bench"],
): Promise<string[]> {
  const program = join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const config = join(root, ".dependency-cruiser.js");
  const args = [program, "--config", config, "--output-type", "json", "--no-progress", ...folders];
  const { output } = await runNode(args, { cwd: checkout });
  const { summary } = parse(output);
  if (summary.totalCruised === 0)
    throw new Error("dependency-cruiser looked at 0 modules: does it know this TypeScript?");
  const comments = new Map(summary.ruleSetUsed.forbidden.map(({ name, comment }) => [name, comment ?? name]));
  return summary.violations.map(({ from, to, rule, cycle }) => {
    const way = cycle === undefined ? to : cycle.map(({ name }) => name).join(" → ");
    return `${from} → ${way}: ${comments.get(rule.name) ?? rule.name}`;
  });
}

function parse(output: string): CruiseResult {
  try {
    return JSON.parse(output) as CruiseResult;
  } catch {
    throw new Error(`dependency-cruiser failed:\n${output}`);
  }
}
