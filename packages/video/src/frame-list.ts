import { InternVLError, type RawImage, throwIfAborted, type VideoMetadata, type VideoReader } from "@internvl/core";

/** @throws InternVLError `INPUT_INVALID` for what is no index of a frame */
export function assertFrames(indices: readonly number[], { total_num_frames }: VideoMetadata): void {
  const wrong = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= total_num_frames);
  if (wrong === undefined) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "The video has no such frame",
    expected: `an index from 0 to ${total_num_frames - 1}`,
    got: String(wrong),
  });
}

/** A reader whose frames can be had one by one at no greater cost: those of an animation, and pictures. */
export function frameListReader(
  metadata: VideoMetadata,
  read: (index: number, signal: AbortSignal | undefined) => Promise<RawImage>,
): VideoReader {
  const frame = async (index: number, signal: AbortSignal | undefined): Promise<RawImage> => {
    throwIfAborted(signal, "Decoding the video was aborted");
    return read(index, signal);
  };
  return {
    metadata,
    async frame(index, { signal } = {}) {
      assertFrames([index], metadata);
      return frame(index, signal);
    },
    async *frames(indices, { signal } = {}) {
      assertFrames(indices, metadata);
      for (const index of indices) yield await frame(index, signal);
    },
    async close() {},
  };
}
