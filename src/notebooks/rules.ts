/**
 * Rules for parsed JSON. A rule stops at the first problem and allocates nothing until then, because a
 * notebook may have millions of values that are all wrong.
 */
export type Rule = (value: unknown) => Problem | undefined;

export interface Problem {
  /** Where the problem is, such as `cells[3].source`; empty for the value itself. */
  at: string;
  /** The problem, as the predicate of a sentence about the value: `must be a string`. */
  says: string;
}

export type JsonObject = Record<string, unknown>;

export function must(says: string, holds: (value: unknown) => boolean): Rule {
  return (value) => (holds(value) ? undefined : { at: "", says });
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isCount = (value: unknown): boolean =>
  value === null || (Number.isInteger(value) && (value as number) >= 0);

export const aString = must("must be a string", (value) => typeof value === "string");
export const anObject = must("must be an object", isObject);

/** An object whose members keep these rules. A member without a rule may have any value. */
export function object(required: Record<string, Rule>, optional: Record<string, Rule> = {}): Rule {
  const rules = [
    ...Object.entries(required).map(([name, rule]) => ({ name, rule, isRequired: true })),
    ...Object.entries(optional).map(([name, rule]) => ({ name, rule, isRequired: false })),
  ];
  return (value) => {
    if (!isObject(value)) return anObject(value);
    for (const { name, rule, isRequired } of rules) {
      const isThere = Object.hasOwn(value, name);
      const problem = isThere ? rule(value[name]) : isRequired ? { at: "", says: "is missing" } : undefined;
      if (problem) return inside(`.${name}`, problem);
    }
    return undefined;
  };
}

/**
 * An object with members of any names. Each member keeps the rule that `ruleOf` returns for its name. The
 * problem does not mention the name, because it is the caller's data.
 */
export function entries(ruleOf: (name: string) => Rule | undefined): Rule {
  return (value) => {
    if (!isObject(value)) return anObject(value);
    for (const name in value) {
      const problem = ruleOf(name)?.(value[name]);
      if (problem) return inside(".*", problem);
    }
    return undefined;
  };
}

export function list(rule: Rule): Rule {
  return (value) => {
    if (!Array.isArray(value)) return { at: "", says: "must be a list" };
    for (const [index, item] of value.entries()) {
      const problem = rule(item);
      if (problem) return inside(`[${String(index)}]`, problem);
    }
    return undefined;
  };
}

/**
 * An object whose member `tag` selects one of `rules`. `other` is the rule for every other text in `tag`;
 * without it, other texts are refused.
 */
export function oneOf(tag: string, rules: Record<string, Rule>, other?: Rule): Rule {
  const says = `must be one of ${Object.keys(rules).join(", ")}`;
  return (value) => {
    if (!isObject(value)) return anObject(value);
    const kind = value[tag];
    const rule = typeof kind !== "string" ? undefined : Object.hasOwn(rules, kind) ? rules[kind] : other;
    return rule ? rule(value) : { at: `.${tag}`, says };
  };
}

const inside = (where: string, { at, says }: Problem): Problem => ({ at: `${where}${at}`, says });
