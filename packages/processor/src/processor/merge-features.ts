import { InternVLError, Tensor } from "@internvl/core";
import { type ImageFeatures, MAX_VALUES, type VideoFeatures } from "@internvl/image-processor";
import type { Prompt } from "./prompts.js";

/**
 * Pictures and videos in the order in which the prompts name them, as one tensor. `num_patches` has the tiles of each
 * picture and of each frame.
 *
 * @param images null where there are no pictures
 * @throws InternVLError `INPUT_INVALID` when tiles differ in size, or are too many for one tensor
 */
export function mergeFeatures(
  prompts: readonly Prompt[],
  images: ImageFeatures | null,
  videos: VideoFeatures,
): Partial<ImageFeatures> {
  if (videos.num_patches.length === 0) return images ?? {};
  const pictures = images === null ? [] : split(images);
  const films = videos.pixel_values_videos.map((pixel_values, index) => ({
    pixel_values,
    num_patches: videos.num_patches[index]!,
  }));
  const next = { image: pictures.values(), video: films.values() };
  const ordered = prompts.flatMap(({ visuals }) => visuals.map((visual) => next[visual].next().value!));
  const pixels = ordered.map(({ pixel_values }) => pixel_values);
  return {
    pixel_values: pixels.length === 1 ? pixels[0]! : concatenate(pixels),
    num_patches: ordered.flatMap(({ num_patches }) => num_patches),
  };
}

/** Each picture alone, over the same memory. */
function split({ pixel_values, num_patches }: ImageFeatures): ImageFeatures[] {
  const [tiles, ...tile] = pixel_values.dims as [number, ...number[]];
  const values = pixel_values.data as Float32Array;
  const length = values.length / tiles;
  let first = 0;
  return num_patches.map((count) => {
    const own = values.subarray(first * length, (first + count) * length);
    first += count;
    return { pixel_values: new Tensor("float32", own, [count, ...tile]), num_patches: [count] };
  });
}

function concatenate(tensors: readonly Tensor[]): Tensor {
  const tile = tensors[0]!.dims.slice(1);
  const other = tensors.find(({ dims }) => dims.slice(1).join() !== tile.join());
  if (other !== undefined) {
    throw new InternVLError("INPUT_INVALID", {
      what: "Pictures and videos have tiles of different sizes",
      expected: `[tiles, ${tile.join(", ")}] for all`,
      got: `[${other.dims.join(", ")}]`,
      fix: "Give size, do_resize and data_format for both: in the call itself, not in images_kwargs or videos_kwargs.",
    });
  }
  const values = tensors.reduce((sum, { size }) => sum + size, 0);
  if (values > MAX_VALUES) {
    throw new InternVLError("INPUT_INVALID", {
      what: "Pictures and videos together are too many for one tensor",
      expected: `at most ${MAX_VALUES} values, 2 GB`,
      got: String(values),
      fix: "Sample fewer frames, or call the processor for fewer texts at a time.",
    });
  }
  const merged = new Float32Array(values);
  let offset = 0;
  for (const { data, size } of tensors) {
    merged.set(data as Float32Array, offset);
    offset += size;
  }
  return new Tensor("float32", merged, [tensors.reduce((sum, { dims }) => sum + dims[0]!, 0), ...tile]);
}
