import { FAMILY, InternVL2_5Config } from "@internvl/config";
import type { JsonObject } from "@internvl/core";
import { InternVL2_5ImageProcessor } from "@internvl/image-processor";
import { type RunnableVariant, runnableVariants } from "../golden/variants.js";
import type { Models } from "../models.js";
import type { GroupReport } from "../report.js";
import type { Group } from "./group.js";

interface RealConfigsJson {
  system_message_default: string;
  preprocessing: {
    image_size: number;
    mean: number[];
    std: number[];
    min_num: number;
    max_num: number;
    use_thumbnail: boolean;
  };
  models: Record<string, { chat_config: JsonObject; vision_config: JsonObject; llm_config: JsonObject }>;
}

/** config.json in, the same config.json out, and what follows from it. */
export const config: Group = async ({ golden, models, platform, report }) => {
  for (const variant of await runnableVariants({ golden, platform, report })) {
    await report.attempt(variant.name, () => checkVariant(report, models, variant));
    for (const file of golden.list(`tiny/${variant.name}/hf`).filter((path) => /^config.*\.json$/.test(path))) {
      const json = (await golden.json<JsonObject>(`tiny/${variant.name}/hf/${file}`))!;
      await report.attempt(`${variant.name} hf/${file}`, () => checkMerged(report, variant, file, json));
    }
  }
  const real = await golden.json<RealConfigsJson>("real-configs.json");
  if (real === undefined) return report.skip("no real-configs.json");
  checkPreprocessing(report, real);
  for (const [name, parts] of Object.entries(real.models)) {
    await report.attempt(name, () => checkPublished(report, name, parts));
  }
};

async function checkVariant(report: GroupReport, models: Models, variant: RunnableVariant): Promise<void> {
  const { name, golden } = variant;
  const ours = InternVL2_5Config.from_dict(variant.config, { origin: name });
  checkRoundTrips(report, name, ours, variant.config);
  report.same(`${name} num_image_token`, ours.num_image_token, golden.num_image_token);
  report.same(`${name} vocab_size`, ours.text_config.vocab_size, golden.vocab_size);

  const processor = await models.processor(variant);
  report.same(`${name} image_seq_length`, processor.image_seq_length, golden.num_image_token);
  report.same(`${name} pad_token_id`, processor.tokenizer.pad_token_id, golden.pad_token_id);
  const ids = Object.keys(golden.token_ids).map((token) => [token, processor.tokenizer.convert_tokens_to_ids(token)]);
  report.same(`${name} token_ids`, Object.fromEntries(ids), golden.token_ids);
}

/** Fields that the conversion to the merged classes drops; nothing is computed from them. */
const LOST: Readonly<Record<string, readonly string[]>> = {
  "": ["image_token_id", "image_start_token_id", "image_end_token_id"],
  vision_config: ["drop_path_rate"],
  // Only said where sliding windows are used, which they are nowhere.
  text_config: ["sliding_window"],
};

/** A config.json of the merged classes is the same network as the original's, and is written again as Transformers 4 does. */
function checkMerged(
  report: GroupReport,
  { name, config, golden }: RunnableVariant,
  file: string,
  json: JsonObject,
): void {
  const check = `${name} hf/${file}`;
  const ours = InternVL2_5Config.from_dict(json, { origin: check });
  report.same(check, computed(ours), computed(InternVL2_5Config.from_dict(config)));
  report.same(`${check} image_token_id`, ours.image_token_id, golden.token_ids["<IMG_CONTEXT>"]);
  const written = ours.to_dict({ dialect: "transformers" });
  report.same(`${check} read again`, InternVL2_5Config.from_dict(written).to_dict(), ours.to_dict());
  // Transformers 5 keeps the rotary settings in one object, which 4 would overlook.
  if (!isObject(json["text_config"]) || json["text_config"]["rope_parameters"] !== undefined) return;
  report.same(`${check} written`, onlyFieldsOf(written, json), json);
}

/** What a network is computed from: all known fields but the lost ones. */
function computed(config: InternVL2_5Config): JsonObject {
  const { vision_config, text_config, ...whole } = config;
  const sections = { "": whole, vision_config, text_config };
  const known = ([section, fields]: [string, object]) => [
    section,
    Object.fromEntries(Object.entries(fields).filter(([name]) => name !== "extra" && !LOST[section]!.includes(name))),
  ];
  return Object.fromEntries(Object.entries(sections).map(known));
}

/** Every field that the file has is written again; what is written is read as the same configuration. */
function checkRoundTrips(report: GroupReport, name: string, ours: InternVL2_5Config, file: JsonObject): void {
  const original = ours.to_dict({ dialect: "original" });
  report.same(`${name} written in the original dialect`, onlyFieldsOf(original, file), file);
  for (const [dialect, json] of [
    ["original", original],
    ["seed", ours.to_dict({ dialect: "seed" })],
    ["transformers", ours.to_dict({ dialect: "transformers" })],
  ] as const) {
    const again = InternVL2_5Config.from_dict(json, { origin: `${name} in the ${dialect} dialect` });
    report.same(`${name} through the ${dialect} dialect`, again.to_dict(), ours.to_dict());
  }
}

/** What is known of the published files. */
function checkPublished(report: GroupReport, name: string, parts: RealConfigsJson["models"][string]): void {
  const { chat_config, vision_config, llm_config } = parts;
  const member = FAMILY.find((candidate) => candidate.name === name);
  if (member === undefined) {
    report.fail(name, "a member of FAMILY", "none");
    return;
  }
  const shape = (part: JsonObject, names: readonly string[]) =>
    Object.fromEntries(names.map((key) => [key, part[key]]));
  const { name: _, ...vision } = member.vision;
  report.same(`${name} vision tower in FAMILY`, vision, shape(vision_config, Object.keys(vision)));
  const { base: __, architecture, ...language } = member.language;
  report.same(`${name} language model in FAMILY`, language, shape(llm_config, Object.keys(language)));
  report.same(`${name} architecture in FAMILY`, [architecture], llm_config["architectures"]);

  const file: JsonObject = { ...chat_config, vision_config, llm_config };
  const ours = InternVL2_5Config.from_dict(file, { origin: name });
  checkRoundTrips(report, name, ours, file);
  report.same(`${name} num_image_token`, ours.num_image_token, chat_config["tokens_per_tile"]);
}

function checkPreprocessing(report: GroupReport, { preprocessing }: RealConfigsJson): void {
  const { image_size, mean, std, min_num, max_num, use_thumbnail } = preprocessing;
  const processor = new InternVL2_5ImageProcessor();
  report.same("default size", processor.size, { height: image_size, width: image_size });
  report.same("default mean and std", [processor.image_mean, processor.image_std], [mean, std]);
  report.same("default tiles", [processor.min_tiles, processor.max_tiles], [min_num, max_num]);
  report.same("default thumbnail", processor.use_thumbnail, use_thumbnail);
}

/** Ours writes fields that older files do not have; they are no difference. */
function onlyFieldsOf(json: JsonObject, file: JsonObject): JsonObject {
  const entries = Object.entries(file).map(([name, value]) => {
    const ours = json[name];
    return [name, isObject(ours) && isObject(value) ? onlyFieldsOf(ours, value) : ours];
  });
  return Object.fromEntries(entries) as JsonObject;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
