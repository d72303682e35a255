import { InternVLError, type VideoMetadata } from "@internvl/core";

/** What sampling has to know of a video. */
export interface SampledVideo extends Pick<VideoMetadata, "total_num_frames"> {
  /** Needed only to sample by `fps`. */
  fps?: number | null;
}

/**
 * `InternVLVideoProcessor.sample_frames` of merged Transformers: `num_frames` indices at equal distances, or as many as
 * `fps` makes in the video's time.
 *
 * @param initial_shift where the first one lies, in frames; true (the default): half a distance from the beginning
 * @throws InternVLError `INPUT_INVALID` when more frames are asked than there are, when nothing says how many, and for a
 * shift behind the end
 */
export function sample_frames(
  metadata: SampledVideo,
  num_frames: number | null = null,
  fps: number | null = null,
  initial_shift: boolean | number = true,
): number[] {
  const { total_num_frames } = metadata;
  const count = num_frames ?? countByRate(metadata, fps);
  checkCount(count, total_num_frames);
  const step = total_num_frames / count;
  const shift = initial_shift === true ? step / 2 : Number(initial_shift);
  if (!(shift >= 0 && shift <= total_num_frames)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "The first sampled frame lies outside the video",
      expected: `an initial_shift from 0 to ${total_num_frames}, or true`,
      got: String(initial_shift),
    });
  }
  return arange(shift, total_num_frames, step).map(Math.trunc);
}

/** @throws InternVLError `INPUT_INVALID` unless `count` is a whole number from 1 to the frames there are and the limit */
export function checkCount(count: number, total_num_frames: number): void {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new InternVLError("INPUT_INVALID", {
      what: "A video cannot be sampled to so many frames",
      expected: "a whole number of at least 1",
      got: String(count),
      fix: "With fps, the video must be long enough for one frame.",
    });
  }
  if (count > total_num_frames) {
    throw new InternVLError("INPUT_INVALID", {
      what: "More frames are asked for than the video has",
      expected: `at most ${total_num_frames}`,
      got: String(count),
      fix: "Lower num_frames or fps.",
    });
  }
}

/** @throws InternVLError `INPUT_INVALID` where there is no rate, or the video has none */
export function countByRate({ total_num_frames, fps: own }: SampledVideo, fps: number | null): number {
  if (fps === null) {
    throw new InternVLError("INPUT_INVALID", {
      what: "Nothing says how many frames to sample",
      expected: "num_frames or fps",
    });
  }
  if (own === null || own === undefined || !(own > 0)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "A video without a frame rate cannot be sampled by fps",
      expected: "metadata with fps",
      got: String(own),
      fix: "Pass num_frames, or the metadata of load_video.",
    });
  }
  return Math.trunc((total_num_frames / own) * fps);
}

/** Lanes of a vector and vectors of one turn of the loop, in PyTorch's AVX2 kernel. */
const LANES = 8;
const TURN = 2 * LANES;

/**
 * `torch.arange(start, end, step)` in float32. Where a number lies next to a whole one, `int()` depends on its last bit:
 * whole turns round each vector's first number to float32 and count on from it, what is left is computed one by one.
 */
function arange(start: number, end: number, step: number): number[] {
  const length = Math.ceil((end - start) / step);
  const vectorised = length - (length % TURN);
  return Array.from({ length }, (_, index) => {
    const lane = index < vectorised ? index % LANES : 0;
    const base = start + step * (index - lane);
    return Math.fround((lane === 0 ? base : Math.fround(base)) + step * lane);
  });
}
