/** Matroska and WebM keep times in milliseconds; MP4 is finer. */
const COARSEST_TICK = 0.001;

/**
 * Frames a second on average. Times are rounded to ticks of the container: a rate that is as near to a usual one (whole,
 * or whole / 1.001) as that rounding allows is that one, so that 30 is 30 and not 29.9989.
 *
 * @param count frames
 * @param first the time of the first frame, in seconds
 * @param last the time of the last frame
 * @param duration from the first frame to the end of the last, for a video of one frame
 */
export function averageFrameRate(count: number, first: number, last: number, duration: number): number {
  const span = last - first;
  if (span <= 0) return duration > 0 ? count / duration : 0;
  const rate = (count - 1) / span;
  const usual = [Math.round(rate), (Math.round(rate * 1.001) * 1000) / 1001];
  const allowed = (rate * COARSEST_TICK) / span;
  return usual.find((candidate) => candidate > 0 && Math.abs(rate - candidate) <= allowed) ?? rate;
}
