import { type ImageSource, InternVLError, RawImage, type VideoSource } from "@internvl/core";
import type { Video } from "@internvl/image-processor";

/** A video: its file, its frames (decoded or as pictures' files), or its frames with metadata. */
export type VideoInput = VideoSource | readonly ImageSource[] | Video;

/** One video, a list of videos, or one list of videos for each text. A flat list of RawImages is one video's frames. */
export type VideosInput = VideoInput | readonly RawImage[] | readonly VideoInput[] | readonly (readonly VideoInput[])[];

interface VideoList {
  /** All videos, in order. */
  videos: VideoInput[];
  /** How many of them belong to each text; null when the caller did not say. */
  per_text: number[] | null;
}

/** @throws InternVLError `INPUT_INVALID` for an entry that is no video */
export function flattenVideos(input: VideosInput | null | undefined): VideoList {
  if (input === null || input === undefined) return { videos: [], per_text: null };
  if (!Array.isArray(input) || isFrames(input))
    return { videos: [checkVideo(input as VideoInput, "videos")], per_text: null };
  const perText = input.length > 0 && input.every((entry) => Array.isArray(entry) && entry.every(isVideoOfText));
  if (!perText) {
    return { videos: input.map((video, index) => checkVideo(video, `videos[${index}]`)), per_text: null };
  }
  const lists = input as VideoInput[][];
  return {
    videos: lists.flatMap((list, index) => list.map((video, at) => checkVideo(video, `videos[${index}][${at}]`))),
    per_text: lists.map((list) => list.length),
  };
}

/** In a list of lists: what can only be a whole video, not one frame. Paths and bytes there are frames. */
function isVideoOfText(value: unknown): boolean {
  return Array.isArray(value) || isVideo(value);
}

function isFrames(list: readonly unknown[]): boolean {
  return list.length > 0 && list.every((entry) => entry instanceof RawImage);
}

export function isVideo(value: unknown): value is Video {
  return typeof value === "object" && value !== null && Array.isArray((value as Partial<Video>).frames);
}

function checkVideo(video: VideoInput, where: string): VideoInput {
  const frames: unknown = isVideo(video) ? video.frames : video;
  if (Array.isArray(frames) && frames.length > 0 && frames.every(isSource)) return video;
  if (!Array.isArray(frames) && isSource(frames) && !(frames instanceof RawImage)) return video;
  throw new InternVLError("INPUT_INVALID", {
    what: `${where} is not a video`,
    expected: "a path, a URL, bytes or a Blob of a video file, a list of its frames, or { frames, metadata }",
    got: Array.isArray(frames)
      ? frames.length === 0
        ? "no frame"
        : "a list with something else in it"
      : describe(frames),
  });
}

function isSource(value: unknown): boolean {
  return (
    typeof value === "string" ||
    value instanceof Uint8Array ||
    value instanceof ArrayBuffer ||
    value instanceof URL ||
    value instanceof RawImage ||
    (typeof Blob !== "undefined" && value instanceof Blob)
  );
}

function describe(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return `a ${value.constructor?.name ?? "plain object"}`;
}
