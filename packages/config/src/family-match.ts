import { FAMILY, type FamilyMember } from "./family.js";
import type { InternVL2_5Config } from "./internvl2-5.js";

/** Which published model a configuration has the shape of. */
export interface FamilyMatch {
  /** The member, or the one that differs least. Its -MPO has the same shape. */
  readonly member: FamilyMember;
  /** What differs: `"language hidden_size 64 (896)"`, the member's in brackets. Empty for a model of the family. */
  readonly differences: readonly string[];
}

/** The published model whose numbers are nearest. */
export function matchFamily(config: InternVL2_5Config): FamilyMatch {
  const matches = FAMILY.filter(({ mpo }) => !mpo).map((member) => compare(config, member));
  const { member, differences } = matches.reduce((best, match) => (match.distance < best.distance ? match : best));
  return { member, differences };
}

/** What is compared, beside a measure of how far apart two networks are. */
interface Comparison extends FamilyMatch {
  /** Sum of the logarithms of all ratios. */
  readonly distance: number;
}

function compare({ vision_config, text_config }: InternVL2_5Config, member: FamilyMember): Comparison {
  const { name: _, ...vision } = member.vision;
  const { base, architecture, ...language } = member.language;
  const differences: string[] = [];
  let distance = 0;
  if (!architecture.toLowerCase().startsWith(text_config.model_type)) {
    differences.push(`language model ${text_config.model_type} (${architecture})`);
    // As much as a shape that is e times as large in every number.
    distance += 10;
  }
  const sections = [
    ["vision", vision, vision_config],
    ["language", language, text_config],
  ] as const;
  for (const [part, expected, got] of sections) {
    for (const [field, wanted] of Object.entries(expected)) {
      const value = got[field as keyof typeof got] as number;
      if (value === wanted) continue;
      differences.push(`${part} ${field} ${value} (${wanted})`);
      distance += Math.abs(Math.log(value / wanted));
    }
  }
  return { member, differences, distance };
}
