import type { JsonObject, JsonValue } from "@internvl/core";
import type { Rule } from "./base/rules.js";

/** How rotary embeddings reach past the trained length; further keys as the kind needs them. */
export interface RopeScaling {
  readonly rope_type: string;
  /** How many times longer, at least 1. */
  readonly factor?: number;
  readonly [parameter: string]: JsonValue | undefined;
}

/** Transformers' kinds beside `"default"`, which is `null` here, and whether they need a factor. */
const KINDS: Readonly<Record<string, { factor: boolean }>> = {
  linear: { factor: true },
  dynamic: { factor: true },
  yarn: { factor: true },
  llama3: { factor: true },
  longrope: { factor: false },
};

/** The rule of a `RopeScaling` of one of these kinds. Default: any that Transformers has. */
export function ropeScaling(...kinds: readonly string[]): Rule<RopeScaling> {
  const allowed = kinds.length > 0 ? kinds : Object.keys(KINDS);
  return {
    default: { rope_type: "linear", factor: 1 },
    expected: `{"rope_type": ${allowed.map((kind) => `"${kind}"`).join(" | ")}, "factor": a number of at least 1, …}`,
    accepts(value) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
      const { rope_type, factor } = value as { rope_type?: unknown; factor?: unknown };
      const kind = typeof rope_type === "string" && allowed.includes(rope_type) ? KINDS[rope_type] : undefined;
      if (kind === undefined) return false;
      if (factor === undefined || factor === null) return !kind.factor;
      return Number.isFinite(factor) && (factor as number) >= 1;
    },
  };
}

/**
 * The tokens that a model can read at once, its answer included.
 *
 * That is `max_position_embeddings`, times the factor of a linear scaling. A dynamic scaling stretches its base to
 * whatever length there is; the reference code sets no bound, and neither does this (`Infinity`): there the machine's
 * memory is the limit, and answers get worse gradually.
 */
export function contextLength(config: {
  readonly max_position_embeddings: number;
  readonly rope_scaling: RopeScaling | null;
}): number {
  const { max_position_embeddings, rope_scaling } = config;
  switch (rope_scaling?.rope_type) {
    case "dynamic":
      return Number.POSITIVE_INFINITY;
    case "linear":
      return Math.floor(max_position_embeddings * (rope_scaling.factor ?? 1));
    default:
      return max_position_embeddings;
  }
}

/** Reads `type`, the name before Transformers 4.43, as `rope_type`, and `"default"` as none. */
export function toRopeScaling(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { type, rope_type = type, ...rest } = value;
  if (rope_type === "default") return null;
  return rope_type === undefined ? rest : { rope_type, ...rest };
}

/** Writes `type` beside `rope_type`, so that every Transformers understands it. */
export function toBothRopeScalings(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return value.rope_type === undefined ? value : { ...value, type: value.rope_type };
}

/** Writes `type`, as before Transformers 4.43. */
export function toLegacyRopeScaling(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { rope_type, ...rest } = value;
  return rope_type === undefined ? rest : { type: rope_type, ...rest };
}

/** Transformers 5 keeps `rope_theta` and the scaling in one `rope_parameters`: the two of 4.x. */
export function flattenRopeParameters(json: JsonObject): JsonObject {
  const { rope_parameters, ...rest } = json;
  if (rope_parameters === undefined || rope_parameters === null) return rest;
  if (typeof rope_parameters !== "object" || Array.isArray(rope_parameters)) {
    return { ...rest, rope_scaling: rope_parameters };
  }
  const { rope_theta = rest.rope_theta, ...rope_scaling } = rope_parameters;
  const flat: JsonObject = { ...rest, rope_scaling: Object.keys(rope_scaling).length > 0 ? rope_scaling : null };
  if (rope_theta !== undefined) flat.rope_theta = rope_theta;
  return flat;
}
