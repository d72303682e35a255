import type { LoadedVideo, RawImage } from "internvl";
import type { VideoPreview } from "./protocol.js";

/** Pixels of a frame's longer side in the timeline, twice what is shown for dense screens. */
const LONGER_SIDE = 320;

/** Small pictures of the frames, with their times. */
export async function previewVideo({ frames, metadata }: LoadedVideo): Promise<VideoPreview> {
  const { fps, width, height, duration, frames_indices } = metadata;
  const pictures = await Promise.all(frames.map(smallPicture));
  return {
    width,
    height,
    duration,
    frames: pictures.map((picture, at) => {
      const index = frames_indices[at]!;
      return { index, seconds: fps === null ? null : index / fps, picture };
    }),
  };
}

async function smallPicture(frame: RawImage): Promise<Blob> {
  const { width, height, data, channels } = frame;
  const pixels = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      pixels.data[4 * pixel + channel] = data[channels * pixel + Math.min(channel, channels - 1)]!;
    }
    pixels.data[4 * pixel + 3] = 255;
  }
  const scale = Math.min(1, LONGER_SIDE / Math.max(width, height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  const bitmap = await createImageBitmap(pixels);
  canvas.getContext("2d")!.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 });
}
