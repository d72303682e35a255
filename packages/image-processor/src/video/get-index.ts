import { InternVLError } from "@internvl/core";

/** Stands for no beginning and no end, in seconds, as in the original. */
const NO_BOUND = 100_000;

/**
 * `get_index` of OpenGVLab's examples: the middle of each of `num_segments` equal parts.
 *
 * @param bound beginning and end of what is looked at, in seconds; null for the whole video
 * @param max_frame the index of the last frame
 * @param first_idx the first frame that may be looked at
 * @returns `num_segments` indices; those of a bound behind the video lie there too, as in the original
 * @throws InternVLError `INPUT_INVALID` for what is not a number of segments
 */
export function get_index(
  bound: readonly [start: number, end: number] | null,
  fps: number,
  max_frame: number,
  first_idx = 0,
  num_segments = 32,
): number[] {
  if (!Number.isSafeInteger(num_segments) || num_segments < 1) {
    throw new InternVLError("INPUT_INVALID", {
      what: "A video cannot be cut into so many segments",
      expected: "a whole number of at least 1",
      got: String(num_segments),
    });
  }
  const [start, end] = bound ?? [-NO_BOUND, NO_BOUND];
  const start_idx = Math.max(first_idx, roundHalfEven(start * fps));
  const end_idx = Math.min(roundHalfEven(end * fps), max_frame);
  const segment = (end_idx - start_idx) / num_segments;
  return Array.from({ length: num_segments }, (_, index) =>
    Math.trunc(start_idx + segment / 2 + roundHalfEven(segment * index)),
  );
}

/** Python's and numpy's `round`: halves go to the even neighbour. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
