import type { InternVL2_5Config, TextConfig } from "@internvl/config";
import { joinedRows, type RowSegment, type WeightSource } from "../checkpoint/index.js";
import { castTo } from "../quantise/index.js";
import type { RowSharing } from "./table.js";

/** So many rows of the original belong to one of the three parts. */
interface Share {
  readonly part: number;
  readonly rows: number;
}

/** What the shares follow from. */
export interface SharingConfig {
  readonly vision_config: Pick<InternVL2_5Config["vision_config"], "hidden_size">;
  readonly text_config: Pick<TextConfig, "head_dim" | "model_type" | "num_attention_heads" | "num_key_value_heads">;
}

/** The rows of an original matrix from its first to its last. */
function shares(sharing: RowSharing, { vision_config, text_config }: SharingConfig): Share[] {
  if (sharing === "thirds") return [0, 1, 2].map((part) => ({ part, rows: vision_config.hidden_size }));
  const { num_attention_heads, num_key_value_heads, head_dim } = text_config;
  const queries = (num_attention_heads / num_key_value_heads) * head_dim;
  return Array.from({ length: num_key_value_heads }, () => [
    { part: 0, rows: queries },
    { part: 1, rows: head_dim },
    { part: 2, rows: head_dim },
  ]).flat();
}

/** How many rows each of the three parts has. */
export function partRows(sharing: RowSharing, config: SharingConfig): number[] {
  const counts = [0, 0, 0];
  for (const { part, rows } of shares(sharing, config)) counts[part]! += rows;
  return counts;
}

/** One of the three parts of an original matrix. */
export function cutPart(
  name: string,
  whole: WeightSource,
  part: number,
  sharing: RowSharing,
  config: SharingConfig,
): WeightSource {
  const segments: RowSegment[] = [];
  let start = 0;
  for (const share of shares(sharing, config)) {
    if (share.part === part) segments.push({ source: whole, start, end: start + share.rows });
    start += share.rows;
  }
  return joinedRows(name, segments);
}

/** The original matrix of three parts. */
export function joinParts(
  name: string,
  parts: readonly WeightSource[],
  sharing: RowSharing,
  config: SharingConfig,
): WeightSource {
  const next = parts.map(() => 0);
  const sources = sameDtype(parts);
  const segments = shares(sharing, config).map(({ part, rows }) => {
    const start = next[part]!;
    next[part] = start + rows;
    return { source: sources[part]!, start, end: start + rows };
  });
  return joinedRows(name, segments);
}

/** Parts of several dtypes are joined in the one that holds them all. */
export function sameDtype(parts: readonly WeightSource[]): readonly WeightSource[] {
  return new Set(parts.map(({ dtype }) => dtype)).size === 1 ? parts : parts.map((part) => castTo("F32", part));
}
