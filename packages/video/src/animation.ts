import { InternVLError, type VideoMetadata } from "@internvl/core";

/** What a frame without a time gets, in milliseconds, as in browsers. */
const UNTIMED_MS = 100;

/**
 * What is known of an animation.
 *
 * @param times how long each frame is shown, in milliseconds; 0 where nothing is said
 * @param width pixels
 * @param height pixels
 */
export function animationMetadata(times: readonly number[], width: number, height: number): VideoMetadata {
  const duration = times.reduce((sum, time) => sum + (time || UNTIMED_MS), 0) / 1000;
  return { total_num_frames: times.length, fps: times.length / duration, width, height, duration };
}

/** An animation that cannot be decoded to its end. */
export function damagedAnimation(name: string, cause: unknown): InternVLError {
  // libvips repeats itself on the lines that follow.
  const [reason] = (cause as Error).message.trim().split("\n");
  return new InternVLError("VIDEO_INVALID", {
    what: `${name} is a damaged or cut off animation: ${reason}`,
    fix: "Copy or download the file again.",
    cause,
  });
}
