import type { RawImage } from "@internvl/core";
import { InternVL2_5Processor } from "@internvl/processor";
import { DirectoryFiles } from "@internvl/runtime-node";
import type { GoldenFolder } from "../golden/folder.js";
import { LayeredFiles } from "../golden/layered-files.js";
import { decodeOriginal, NO_PICTURE } from "../golden/pictures.js";
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
  /** Pictures by letter; which ones a case was called with is not said. */
  images: Record<string, string>;
  cases: ProcessorCase[];
}

/** The means are rounded, and Transformers sums them in float32. */
const MEAN_TOLERANCE = 2e-6;

/** Calls of Transformers' processor, `hf_processor_VARIANT.json`, through ours with the same files. */
export async function checkProcessorCalls({ golden, report }: GroupContext): Promise<void> {
  const variants = golden.list("tiny").flatMap((file) => /^hf_processor_(.+)\.json$/.exec(file)?.[1] ?? []);
  if (variants.length === 0) report.skip("no hf_processor_*.json");
  for (const variant of variants) {
    const json = golden.json<ProcessorJson>(`tiny/hf_processor_${variant}.json`)!;
    const processor = await openProcessor(golden, variant);
    const pictures = await readPictures(golden, json);
    if (processor === undefined) report.skip(`${variant}/hf is not here`, json.cases.length);
    else if (pictures === undefined) report.skip(NO_PICTURE, json.cases.length);
    else for (const row of json.cases) await checkCase(report, processor, pictures, row);
  }
}

/** The files of the merged class. tokenizer.json lies among them only where it differs from the original's folder. */
async function openProcessor(golden: GoldenFolder, variant: string): Promise<InternVL2_5Processor | undefined> {
  const numbers = golden.json<VariantJson>(`tiny/${variant}/golden.json`);
  if (numbers === undefined || !golden.has(`tiny/${variant}/hf`)) return undefined;
  const files = new LayeredFiles(`${variant}/hf`, [
    new DirectoryFiles(golden.path("tiny", variant, "hf")),
    new DirectoryFiles(golden.path("tiny", numbers.tokenizer)),
  ]);
  return InternVL2_5Processor.from_pretrained(files);
}

async function readPictures(golden: GoldenFolder, json: ProcessorJson): Promise<RawImage[] | undefined> {
  const files = Object.entries(json.images).filter(([letter]) => letter !== "video");
  const paths = files.flatMap(([, file]) => golden.picture(file) ?? []);
  return paths.length === files.length ? Promise.all(paths.map(decodeOriginal)) : undefined;
}

async function checkCase(
  report: GroupReport,
  processor: InternVL2_5Processor,
  pictures: readonly RawImage[],
  row: ProcessorCase,
): Promise<void> {
  const texts = [row.text].flat();
  const check = `processor call "${row.name}"`;
  const placeholders = texts.join("").split(processor.image_token).length - 1;
  if (texts.some((text) => text.includes("<video>"))) return report.skip("video");
  if (row.error !== undefined && texts.some((text) => text.includes("<image>"))) {
    return report.skip("dialect (here <image> is a placeholder too)");
  }
  await report.attempt(check, async () => {
    if (row.error !== undefined) {
      const images = pictures.slice(0, Number(/(\d+) images/.exec(row.error)?.[1] ?? 1));
      const call = processor({ text: texts, images, ...row.kwargs });
      return report.same(`${check} refusal`, await errorCode(call), "INPUT_INVALID");
    }
    const images = await findImages(processor, pictures, placeholders, row);
    if (images === undefined)
      return report.fail(check, `pictures whose tiles have the means ${row.pixel_values_mean}`, "none");
    const result = await processor({ text: texts, images, ...row.kwargs });
    report.same(`${check} input_ids`, result.input_ids, row.input_ids);
    report.same(`${check} attention_mask`, result.attention_mask, row.attention_mask);
    report.same(
      `${check} pixel_values_shape`,
      result.pixel_values ? [...result.pixel_values.dims] : null,
      row.pixel_values_shape,
    );
  });
}

/** The pictures that a case was called with: those, one a placeholder, whose tiles have the means of the case. */
async function findImages(
  { image_processor }: InternVL2_5Processor,
  pictures: readonly RawImage[],
  placeholders: number,
  { kwargs, pixel_values_mean }: ProcessorCase,
): Promise<RawImage[] | undefined> {
  const { padding, ...settings } = kwargs;
  const meansOf = new Map<RawImage, number[]>();
  for (const picture of pictures) {
    const { pixel_values } = await image_processor.preprocess(picture, settings);
    const [tiles, ...tile] = pixel_values.dims as [number, ...number[]];
    const length = tile.reduce((product, size) => product * size, 1);
    const values = pixel_values.data as Float32Array;
    meansOf.set(
      picture,
      Array.from({ length: tiles }, (_, index) => meanOf(values, index * length, length)),
    );
  }
  let rest = pixel_values_mean ?? [];
  const found: RawImage[] = [];
  for (let index = 0; index < placeholders; index++) {
    const next = pictures.find((picture) => startsWith(rest, meansOf.get(picture)!));
    if (next === undefined) return undefined;
    found.push(next);
    rest = rest.slice(meansOf.get(next)!.length);
  }
  return rest.length === 0 ? found : undefined;
}

function startsWith(means: readonly number[], beginning: readonly number[]): boolean {
  return (
    means.length >= beginning.length &&
    beginning.every((mean, index) => Math.abs(mean - means[index]!) <= MEAN_TOLERANCE)
  );
}

async function errorCode(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "no error",
    (error: { code?: string }) => error.code ?? String(error),
  );
}
