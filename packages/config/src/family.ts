import { editDistance, InternVLError } from "@internvl/core";

/** Shape of a vision tower. */
export interface VisionSize {
  readonly name: string;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
}

/** A language model and its shape. */
export interface LanguageSize {
  readonly architecture: "Qwen2ForCausalLM" | "InternLM2ForCausalLM";
  /** Hub id of the model that it was trained from. */
  readonly base: string;
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
}

/** One published model. */
export interface FamilyMember {
  /** `"InternVL2_5-1B"` */
  readonly name: string;
  /** `"OpenGVLab/InternVL2_5-1B"` */
  readonly id: string;
  /** Trained further with mixed preference optimisation; the architecture is the same. */
  readonly mpo: boolean;
  readonly vision: VisionSize;
  readonly language: LanguageSize;
}

const ORGANISATION = "OpenGVLab";

const VIT_300M: VisionSize = {
  name: "InternViT-300M-448px-V2_5",
  hidden_size: 1024,
  intermediate_size: 4096,
  num_hidden_layers: 24,
  num_attention_heads: 16,
};

const VIT_6B: VisionSize = {
  name: "InternViT-6B-448px-V2_5",
  hidden_size: 3200,
  intermediate_size: 12800,
  num_hidden_layers: 45,
  num_attention_heads: 25,
};

type Shape = [hidden: number, intermediate: number, layers: number, heads: number, keyValueHeads: number];

function qwen2(base: string, ...shape: Shape): LanguageSize {
  return language("Qwen2ForCausalLM", base, 151674, shape);
}

function internlm2(base: string, ...shape: Shape): LanguageSize {
  return language("InternLM2ForCausalLM", base, 92553, shape);
}

const SIZES: readonly [size: string, vision: VisionSize, language: LanguageSize][] = [
  ["1B", VIT_300M, qwen2("Qwen/Qwen2.5-0.5B-Instruct", 896, 4864, 24, 14, 2)],
  ["2B", VIT_300M, internlm2("internlm/internlm2_5-1_8b-chat", 2048, 8192, 24, 16, 8)],
  ["4B", VIT_300M, qwen2("Qwen/Qwen2.5-3B-Instruct", 2048, 11008, 36, 16, 2)],
  ["8B", VIT_300M, internlm2("internlm/internlm2_5-7b-chat", 4096, 14336, 32, 32, 8)],
  ["26B", VIT_6B, internlm2("internlm/internlm2_5-20b-chat", 6144, 16384, 48, 48, 8)],
  ["38B", VIT_6B, qwen2("Qwen/Qwen2.5-32B-Instruct", 5120, 27648, 64, 40, 8)],
  ["78B", VIT_6B, qwen2("Qwen/Qwen2.5-72B-Instruct", 8192, 29568, 80, 64, 8)],
];

/** All published models, by size, each followed by its -MPO. */
export const FAMILY: readonly FamilyMember[] = SIZES.flatMap(([size, vision, language]) =>
  [false, true].map((mpo) => {
    const name = `InternVL2_5-${size}${mpo ? "-MPO" : ""}`;
    return { name, id: `${ORGANISATION}/${name}`, mpo, vision, language };
  }),
);

/**
 * The published model with this name or hub id.
 *
 * @throws InternVLError `INPUT_INVALID` that names the nearest one
 */
export function findFamilyMember(name: string): FamilyMember {
  const found = FAMILY.find((member) => member.name === name || member.id === name);
  if (found !== undefined) return found;
  throw new InternVLError("INPUT_INVALID", {
    what: "There is no published model with this name",
    expected: `one of ${FAMILY.map((member) => member.name).join(", ")}`,
    got: JSON.stringify(name),
    fix: `Did you mean ${nearest(name).name}?`,
  });
}

function language(
  architecture: LanguageSize["architecture"],
  base: string,
  vocab_size: number,
  [hidden_size, intermediate_size, num_hidden_layers, num_attention_heads, num_key_value_heads]: Shape,
): LanguageSize {
  return {
    architecture,
    base,
    vocab_size,
    hidden_size,
    intermediate_size,
    num_hidden_layers,
    num_attention_heads,
    num_key_value_heads,
  };
}

function nearest(name: string): FamilyMember {
  const wanted = normalised(name);
  const distance = (member: FamilyMember) => editDistance(wanted, normalised(member.name));
  return FAMILY.reduce((best, member) => (distance(member) < distance(best) ? member : best));
}

/** Without the organisation, case and punctuation, which people write in many ways. */
function normalised(name: string): string {
  const MAX_COMPARED = 100;
  return name
    .slice(0, MAX_COMPARED)
    .toLowerCase()
    .replace(/^.*\//, "")
    .replace(/[^a-z0-9]/g, "");
}
