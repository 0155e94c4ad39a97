import { type ConfClass, type ConfRule, confRules } from "./conf-rules.ts";

/** The rule that says what this property means. */
export function confRule(key: string, value: string): ConfRule {
  const rule = confRules.find((one) => one.pattern.test(key) && (one.value?.test(value) ?? true));
  // The first rule covers all keys without the prefix `spark.`, and the last rule all keys with it.
  if (!rule) throw new Error(`No rule covers the Spark property ${key}.`);
  return rule;
}

export function confClass(key: string, value: string): ConfClass {
  return confRule(key, value).class;
}

export interface SparkConf {
  /** The properties that Spark gets: those of the classes `runtime`, `contextStatic` and `launch`. */
  readonly applied: Record<string, string>;
  /** The keys of the class `refused`, in the order given, each with its reason. */
  readonly refused: readonly { readonly key: string; readonly why: string }[];
}

/**
 * Merges `layers` (later layers win), and splits the result into the properties that Spark gets and the
 * refused ones.
 */
export function sparkConf(...layers: readonly (Record<string, string> | undefined)[]): SparkConf {
  const merged = Object.assign({}, ...layers) as Record<string, string>;
  const refused = Object.entries(confOf("refused", merged));
  return {
    applied: { ...confOf("runtime", merged), ...confOf("contextStatic", merged), ...confOf("launch", merged) },
    refused: refused.map(([key, value]) => ({ key, why: confRule(key, value).why })),
  };
}

/** The properties that are of this class. */
export function confOf(wanted: ConfClass, conf: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(conf).filter(([key, value]) => confClass(key, value) === wanted));
}
