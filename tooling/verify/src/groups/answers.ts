import type { RawImage } from "@internvl/core";
import { decodeOriginal, readTiles } from "../golden/pictures.js";
import type { GoldenCase, RunnableVariant } from "../golden/variants.js";
import { sha256 } from "../hash.js";
import type { GroupContext } from "./group.js";

/** Our processor makes of a case's prompts and pictures the ids, the mask and the pixels of the golden data. */
export async function checkPrompt(
  context: GroupContext,
  variant: RunnableVariant,
  caseName: string,
  row: GoldenCase,
): Promise<void> {
  const { models, report } = context;
  const check = `${variant.name} ${caseName}`;
  const pictures = await findPictures(context, row);
  if (pictures === undefined) return report.skip("prompts whose pictures cannot be had again");
  const processor = await models.processor(variant);
  const { input_ids, attention_mask, pixel_values } = await processor({
    text: row.prompt_before_image_expansion,
    images: pictures.images,
    padding: true,
    images_kwargs: { max_tiles: pictures.max_tiles },
  });
  report.same(`${check} input_ids`, input_ids, row.input_ids);
  const all = row.input_ids.map((ids) => ids.map(() => 1));
  report.same(`${check} attention_mask`, attention_mask, row.attention_mask ?? all);
  const hash = pixel_values === undefined ? null : await sha256(pixel_values.data as Float32Array);
  report.same(`${check} pixel_values`, hash, row.pixel_sha256_f32);
}

/** Greedy tokens, and their text. */
export async function checkAnswers(
  { models, report }: GroupContext,
  variant: RunnableVariant,
  caseName: string,
  row: GoldenCase,
): Promise<void> {
  const check = `${variant.name} ${caseName}`;
  const { sequences } = await models.generate(variant, caseName);
  const tokens = sequences.map((sequence) => sequence.slice(row.input_ids[0]!.length));
  report.same(`${check} generated`, tokens, row.generated);
  const { tokenizer } = await models.processor(variant);
  const texts = tokenizer.batch_decode(row.generated, { skip_special_tokens: true });
  report.same(`${check} generated_text`, texts, row.generated_text);
}

/**
 * The pictures of a case. One of several tiles is decoded and cut anew. One of a single tile is that tile, which nothing
 * resizes any more: it may be a frame of a video, and the limit of tiles is one for all pictures of a call.
 *
 * @returns undefined when a picture is not here, or two of several tiles had different limits
 */
async function findPictures(
  { golden, platform }: GroupContext,
  { pixel_inputs, num_patches_list }: GoldenCase,
): Promise<{ images: RawImage[]; max_tiles: number } | undefined> {
  const images: RawImage[] = [];
  const limits = new Set<number>();
  for (const [index, patches] of num_patches_list.flat().entries()) {
    const input = pixel_inputs[index]!;
    // PICTURE.fFRAME.maxTILES.sizePIXELS
    const [, file, frame, max] = /^(.+)\.f(\d+)\.max(\d+)\.size\d+$/.exec(input) ?? [];
    if (patches === 1) {
      images.push(...(await readTiles(golden, `tiny/inputs/${input}.png`)));
      continue;
    }
    const read = frame === "0" ? golden.picture(file!) : undefined;
    if (read === undefined) return undefined;
    images.push(await decodeOriginal(platform.runtime.media, await read()));
    limits.add(Number(max));
  }
  return limits.size > 1 ? undefined : { images, max_tiles: [...limits][0] ?? 1 };
}
