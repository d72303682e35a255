import type { RawImage, Tensor } from "@internvl/core";
import { IMAGE_TOKEN, InternVL2_5Processor } from "@internvl/processor";
import type { GoldenFolder } from "../golden/folder.js";
import { LayeredFiles } from "../golden/layered-files.js";
import { decodeOriginal, NO_PICTURE, readFrames } from "../golden/pictures.js";
import type { VariantJson } from "../golden/variants.js";
import type { GroupReport } from "../report.js";
import { meanOf } from "../statistics.js";
import type { GroupContext } from "./group.js";

interface ProcessorCase {
  name: string;
  text: string | string[];
  kwargs: { max_patches?: number; crop_to_patches?: boolean; padding?: boolean };
  input_ids?: number[][];
  attention_mask?: number[][];
  pixel_values_shape?: number[] | null;
  /** One mean a tile, rounded to six decimals. */
  pixel_values_mean?: number[] | null;
  error?: string;
}

interface ProcessorJson {
  /** Pictures by letter, a video as "first 3 frames of FILE"; which ones a case was called with is not said. */
  images: Record<string, string>;
  cases: ProcessorCase[];
}

/** The means are rounded, and Transformers sums them in float32. */
const MEAN_TOLERANCE = 2e-6;
/** Frames were resized by torchvision, which is up to two grey levels away from Pillow; a level is 0.017. */
const VIDEO_TOLERANCE = 5e-4;

/** How a file names the frames of a video. */
const FRAMES = /^first (\d+) frames of (\S+)$/;

/** Calls of Transformers' processor, `hf_processor_VARIANT.json`, through ours with the same files. */
export async function checkProcessorCalls(context: GroupContext): Promise<void> {
  const { golden, report } = context;
  const variants = golden.list("tiny").flatMap((file) => /^hf_processor_(.+)\.json$/.exec(file)?.[1] ?? []);
  if (variants.length === 0) report.skip("no hf_processor_*.json");
  for (const variant of variants) {
    const json = (await golden.json<ProcessorJson>(`tiny/hf_processor_${variant}.json`))!;
    const processor = await openProcessor(golden, variant);
    if (processor === undefined) report.skip(`${variant}/hf is not here`, json.cases.length);
    else await checkCases(report, processor, json, await readVisuals(context, json, processor));
  }
}

async function checkCases(
  report: GroupReport,
  processor: InternVL2_5Processor,
  json: ProcessorJson,
  visuals: Visuals | undefined,
): Promise<void> {
  if (visuals === undefined) report.skip(NO_PICTURE, json.cases.length);
  else for (const row of json.cases) await checkCase(report, processor, visuals, row);
}

/** The files of the merged class. tokenizer.json lies among them only where it differs from the original's folder. */
async function openProcessor(golden: GoldenFolder, variant: string): Promise<InternVL2_5Processor | undefined> {
  const numbers = await golden.json<VariantJson>(`tiny/${variant}/golden.json`);
  if (numbers === undefined || !golden.has(`tiny/${variant}/hf`)) return undefined;
  const files = new LayeredFiles(`${variant}/hf`, [
    golden.files(`tiny/${variant}/hf`),
    golden.files(`tiny/${numbers.tokenizer}`),
  ]);
  return InternVL2_5Processor.from_pretrained(files);
}

interface Visuals {
  pictures: RawImage[];
  /** The frames of each video. */
  videos: RawImage[][];
}

async function readVisuals(
  context: GroupContext,
  json: ProcessorJson,
  processor: InternVL2_5Processor,
): Promise<Visuals | undefined> {
  const files = Object.entries(json.images).filter(([, file]) => !FRAMES.test(file));
  const { golden, platform } = context;
  const pictures = files.flatMap(([, file]) => golden.picture(file) ?? []);
  if (pictures.length < files.length) return undefined;
  const videos: RawImage[][] = [];
  for (const text of Object.values(json.images).filter((file) => FRAMES.test(file))) {
    const [, count, file] = FRAMES.exec(text)!;
    const frames = await readFrames(context, file!, Number(count), processor.video_processor.size.width);
    if (frames === undefined) return undefined;
    videos.push(frames);
  }
  return {
    pictures: await Promise.all(pictures.map(async (read) => decodeOriginal(platform.runtime.media, await read()))),
    videos,
  };
}

async function checkCase(
  report: GroupReport,
  processor: InternVL2_5Processor,
  visuals: Visuals,
  row: ProcessorCase,
): Promise<void> {
  const texts = [row.text].flat();
  const check = `processor call "${row.name}"`;
  await report.attempt(check, async () => {
    if (row.error !== undefined) {
      const images = visuals.pictures.slice(0, Number(/(\d+) images/.exec(row.error)?.[1] ?? 1));
      if (texts.some((text) => text.includes(IMAGE_TOKEN))) {
        return checkOwnPlaceholder(report, processor, images, { ...row, text: texts });
      }
      const call = processor({ text: texts, images, ...row.kwargs });
      return report.same(`${check} refusal`, await errorCode(call), "INPUT_INVALID");
    }
    const found = await findVisuals(processor, visuals, texts, row);
    if (found === undefined)
      return report.fail(check, `pictures whose tiles have the means ${row.pixel_values_mean}`, "none");
    const result = await processor({ text: texts, ...found, ...row.kwargs });
    report.same(`${check} input_ids`, result.input_ids, row.input_ids);
    report.same(`${check} attention_mask`, result.attention_mask, row.attention_mask);
    const dims = result.pixel_values ? [...result.pixel_values.dims] : null;
    report.same(`${check} pixel_values_shape`, dims, row.pixel_values_shape);
    if (found.videos.length > 0) {
      // Pictures and frames in the order of the prompt.
      report.close(
        `${check} pixel_values_mean`,
        tileMeans(result.pixel_values!),
        row.pixel_values_mean!,
        VIDEO_TOLERANCE,
      );
    }
  });
}

/**
 * Transformers refuses `<image>` beside a picture; here it is a placeholder too, by design: the ids have to be those that
 * the text gets with Transformers' own placeholder.
 */
async function checkOwnPlaceholder(
  report: GroupReport,
  processor: InternVL2_5Processor,
  images: RawImage[],
  { name, text, kwargs }: ProcessorCase & { text: string[] },
): Promise<void> {
  const ours = await processor({ text, images, ...kwargs });
  const contexts = text.map((entry) => entry.replaceAll(IMAGE_TOKEN, processor.image_token));
  const theirs = await processor({ text: contexts, images, ...kwargs });
  report.same(`processor call "${name}" input_ids`, ours.input_ids, theirs.input_ids);
  report.same(`processor call "${name}" num_patches`, ours.num_patches, theirs.num_patches);
}

/** What a case was called with: for each placeholder the picture or the video whose tiles have the next means. */
async function findVisuals(
  { image_processor, video_processor, image_token, video_token }: InternVL2_5Processor,
  { pictures, videos }: Visuals,
  texts: readonly string[],
  { kwargs, pixel_values_mean }: ProcessorCase,
): Promise<{ images: RawImage[]; videos: RawImage[][] } | undefined> {
  const { padding, ...settings } = kwargs;
  const meansOf = new Map<RawImage | RawImage[], number[]>();
  for (const picture of pictures) {
    meansOf.set(picture, tileMeans((await image_processor.preprocess(picture, settings)).pixel_values));
  }
  for (const frames of videos) {
    meansOf.set(frames, tileMeans((await video_processor.preprocess(frames)).pixel_values_videos[0]!));
  }
  let rest = pixel_values_mean ?? [];
  const found: { images: RawImage[]; videos: RawImage[][] } = { images: [], videos: [] };
  for (const [tag] of texts.join("").matchAll(new RegExp(`${image_token}|${video_token}`, "g"))) {
    const beginsWith = (visual: RawImage | RawImage[], tolerance: number): boolean =>
      startsWith(rest, meansOf.get(visual)!, tolerance);
    if (tag === video_token) {
      const next = videos.find((frames) => beginsWith(frames, VIDEO_TOLERANCE));
      if (next === undefined) return undefined;
      found.videos.push(next);
      rest = rest.slice(next.length);
    } else {
      const next = pictures.find((picture) => beginsWith(picture, MEAN_TOLERANCE));
      if (next === undefined) return undefined;
      found.images.push(next);
      rest = rest.slice(meansOf.get(next)!.length);
    }
  }
  return rest.length === 0 ? found : undefined;
}

/** The mean of each tile. */
function tileMeans(pixel_values: Tensor): number[] {
  const [tiles, ...tile] = pixel_values.dims as [number, ...number[]];
  const length = tile.reduce((product, size) => product * size, 1);
  const values = pixel_values.data as Float32Array;
  return Array.from({ length: tiles }, (_, index) => meanOf(values, index * length, length));
}

function startsWith(means: readonly number[], beginning: readonly number[], tolerance: number): boolean {
  return (
    means.length >= beginning.length && beginning.every((mean, index) => Math.abs(mean - means[index]!) <= tolerance)
  );
}

async function errorCode(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "no error",
    (error: { code?: string }) => error.code ?? String(error),
  );
}
