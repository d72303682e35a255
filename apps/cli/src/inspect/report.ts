import type { AdapterInspection, Inspection, InternVL2_5Config } from "internvl";
import { formatBytes } from "internvl/convert-command";
import type { GraphInspection } from "./converted.js";

/** `"2,338,944"`, `"938.2 M"`, `"78.41 B"` */
function formatCount(count: number): string {
  if (count < 1e7) return count.toLocaleString("en");
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} M` : `${(count / 1e9).toFixed(2)} B`;
}

/** The networks as one line each. */
function architectureLines({ vision_config, text_config, num_image_token }: InternVL2_5Config): string[] {
  const vision = vision_config;
  const text = text_config;
  return [
    `vision tower     ${vision.num_hidden_layers} layers, ${vision.hidden_size} wide, ${vision.num_attention_heads} heads, tiles of ${vision.image_size}, patches of ${vision.patch_size}`,
    `language model   ${text.model_type}: ${text.num_hidden_layers} layers, ${text.hidden_size} wide, ${text.num_attention_heads} heads (${text.num_key_value_heads} for keys), ${text.vocab_size} tokens, context ${text.max_position_embeddings}`,
    `a tile           ${num_image_token} tokens`,
  ];
}

/** How people call the dialects. */
const DIALECTS: Readonly<Record<Inspection["dialect"], string>> = {
  original: "OpenGVLab's original",
  seed: "the port (internvl2_5)",
  transformers: "the merged classes of Transformers (internvl)",
};

export function checkpointReport(name: string, inspection: Inspection): string {
  const { dialect, family, unusual, config, totals, parts, convertedBytes } = inspection;
  const kinds = Object.entries(totals.dtypes).map(([dtype, count]) => `${dtype} ${formatCount(count)}`);
  return [
    `${name}: a checkpoint, not converted`,
    `dialect          ${DIALECTS[dialect]}`,
    `family           ${familyText(family)}`,
    ...architectureLines(config),
    `tensors          ${totals.tensors}, ${formatBytes(totals.bytes)}`,
    `parameters       ${formatCount(totals.parameters)}: ${kinds.join(", ")}`,
    `                 vision ${formatCount(parts.vision)}, projector ${formatCount(parts.projector)}, language ${formatCount(parts.language)}`,
    "converted, with --dtype",
    ...Object.entries(convertedBytes).map(([dtype, bytes]) => `  ${dtype.padEnd(14)} ${formatBytes(bytes)}`),
    ...unusual.map((point) => `note             ${point}`),
    `convert it       npx internvl-convert --input ${shellWord(name)}`,
  ].join("\n");
}

function familyText({ member, differences }: Inspection["family"]): string {
  if (differences.length === 0) return `${member.name} (or its -MPO)`;
  return `nearest to ${member.name}; other are ${differences.join(", ")}`;
}

export function adapterReport(name: string, adapter: AdapterInspection): string {
  const { base, modules, ranks, parameters, replaced } = adapter;
  const changed = Object.entries(modules).map(([kind, count]) => `${kind} x ${count}`);
  return [
    `${name}: a LoRA adapter`,
    `trained from     ${base ?? "a model that it does not name"}`,
    `changes          ${changed.join(", ")}`,
    `rank             ${ranks.join(", ")}`,
    ...(replaced.length > 0 ? [`trained whole    ${replaced.join(", ")}`] : []),
    `parameters       ${formatCount(parameters)}`,
    `merge it         npx internvl-convert --input ${shellWord(base ?? "CHECKPOINT")} --adapter ${shellWord(name)}`,
  ].join("\n");
}

/** A path as it is typed into a shell. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export function convertedReport(name: string, config: InternVL2_5Config, graphs: readonly GraphInspection[]): string {
  return [
    `${name}: converted`,
    ...architectureLines(config),
    ...graphs.flatMap(({ path, dtype, byteLength, nodes, inputs, outputs }) => [
      `${path}  ${dtype}, ${formatBytes(byteLength)}, ${nodes} nodes`,
      ...inputs.map((input) => `  in   ${input}`),
      ...outputs.map((output) => `  out  ${output}`),
    ]),
  ].join("\n");
}
