import type { JsonObject } from "@internvl/core";
import { type ConfigProblem, show } from "./problems.js";
import type { Rule } from "./rules.js";

/** A field's rule, and what `null` stands for where other fields decide it. */
interface FieldDefinition<F, T> {
  readonly rule: Rule<T> | Rule<T | null>;
  /** The value that `null` stands for. Runs only when the fields named in `from` are valid. */
  readonly derive?: { readonly from: readonly (keyof F & string)[]; value(fields: F): T };
}

/** Something that must hold between fields. Checked when each of `fields` is valid by itself. */
export interface Constraint<F> {
  readonly fields: readonly (keyof F & string)[];
  holds(fields: F): boolean;
  /** The field that the message names, from the outside inwards. Default: the first of `fields`. */
  path?(fields: F): readonly string[];
  /** What is allowed. */
  expected(fields: F): string;
  /** Default: the value of the first of `fields`. */
  got?(fields: F): unknown;
}

/** A configuration class as data: its fields with their defaults and rules, and what must hold between them. */
export interface Definition<F> {
  /** The class's name. */
  readonly name: string;
  readonly fields: { readonly [K in keyof F & string]: Rule<F[K]> | FieldDefinition<F, F[K]> };
  readonly constraints: readonly Constraint<F>[];
}

/** What a constructor takes: any of the fields, and fields that are not known here. */
export type Given<F> = Partial<F> & { extra?: JsonObject };

/** Names of all fields, in the order of their definition. */
export function fieldNames<F>(definition: Definition<F>): (keyof F & string)[] {
  return Object.keys(definition.fields) as (keyof F & string)[];
}

/**
 * All values of a configuration, defaults filled in and copied, and everything that is wrong with them.
 *
 * @param given what the caller said; `undefined` counts as not said
 * @param known problems that were found before, in the parts; their fields are not judged again
 */
export function resolveFields<F extends object>(
  definition: Definition<F>,
  given: Given<F>,
  known: readonly ConfigProblem[] = [],
): { values: F; problems: ConfigProblem[] } {
  const problems = [...known, ...unknownFields(definition, given)];
  const values = {} as F;
  for (const name of fieldNames(definition)) {
    const { rule } = entry(definition, name);
    const value = given[name] === undefined ? rule.default : given[name];
    values[name] = value as F[typeof name];
    if (!failed(problems, name) && !rule.accepts(value)) {
      problems.push({ path: [name], expected: rule.expected, got: show(value) });
    }
  }
  for (const name of fieldNames(definition)) {
    const { derive } = entry(definition, name);
    if (values[name] === null && derive && !derive.from.some((field) => failed(problems, field))) {
      values[name] = derive.value(values);
    }
  }
  for (const constraint of definition.constraints) {
    if (constraint.fields.some((field) => failed(problems, field)) || constraint.holds(values)) continue;
    const first = constraint.fields[0] as keyof F & string;
    problems.push({
      path: constraint.path?.(values) ?? [first],
      expected: constraint.expected(values),
      got: show(constraint.got === undefined ? values[first] : constraint.got(values)),
    });
  }
  return { values, problems };
}

/** `values` with `null` again where a field holds what it would be derived to, so that it follows a change. */
export function underive<F extends object>(definition: Definition<F>, values: Readonly<F>): F {
  const result: F = { ...values };
  for (const name of fieldNames(definition)) {
    const { derive } = entry(definition, name);
    if (derive && values[name] === derive.value(values)) result[name] = null as F[typeof name];
  }
  return result;
}

/** What a field holds when nothing is said about it but all the rest. */
export function defaultOf<F>(definition: Definition<F>, name: keyof F & string, values: F): unknown {
  const { rule, derive } = entry(definition, name);
  return rule.default === null && derive ? derive.value(values) : rule.default;
}

function entry<F, K extends keyof F & string>(definition: Definition<F>, name: K): FieldDefinition<F, F[K]> {
  const field = definition.fields[name];
  return "rule" in field ? field : { rule: field };
}

function failed(problems: readonly ConfigProblem[], field: string): boolean {
  return problems.some(({ path }) => path[0] === field);
}

function unknownFields<F>(definition: Definition<F>, given: Given<F>): ConfigProblem[] {
  return Object.keys(given)
    .filter((name) => name !== "extra" && !Object.hasOwn(definition.fields, name))
    .map((name) => ({
      path: [name],
      expected: `no such field (${definition.name} keeps fields that it does not know in "extra")`,
      got: show((given as Record<string, unknown>)[name]),
    }));
}
