import { assertPixels, type DecodeSettings, InternVLError, RawImage, toRgb, type VideoReader } from "@internvl/core";
import { frameListReader } from "@internvl/video";
import { readDimensions } from "../dimensions.js";
import { decodePixels } from "../pixels.js";
import { damagedAnimation, frameTimes } from "./animation-header.js";

/** What the browser's frames of animations are made of, and where red and blue stand in them. */
const FORMATS: Readonly<Record<string, readonly [red: number, blue: number]>> = {
  RGBA: [0, 2],
  RGBX: [0, 2],
  BGRA: [2, 0],
  BGRX: [2, 0],
};

/**
 * The frames of a GIF or WebP, each as it is seen: what earlier frames left is under it.
 *
 * @throws InternVLError `VIDEO_INVALID`, `IMAGE_TOO_LARGE`, `UNSUPPORTED` (a browser without ImageDecoder)
 */
export async function openAnimation(
  bytes: Uint8Array,
  format: "gif" | "webp",
  name: string,
  { alpha, max_pixels }: DecodeSettings,
): Promise<VideoReader> {
  const { width, height } = readDimensions(bytes, format, name);
  assertPixels(width, height, name, max_pixels);
  const times = frameTimes(bytes, format, name);
  const duration = times.reduce((sum, time) => sum + time, 0) / 1000;
  const metadata = { total_num_frames: times.length, fps: times.length / duration, width, height, duration };
  // ImageDecoder gives a lossy picture that does not move as YUV, which is converted elsewhere.
  if (format === "webp" && times.length === 1) {
    return frameListReader(metadata, () => decodePixels(new Uint8Array(bytes), format, name, alpha));
  }
  const decoder = openDecoder(bytes, format, name);
  const reader = frameListReader(metadata, async (frameIndex) => {
    try {
      const { image } = await decoder.decode({ frameIndex, completeFramesOnly: true });
      return toRgb(await readFrame(image), alpha);
    } catch (cause) {
      throw InternVLError.isInstance(cause) ? cause : damagedAnimation(name, cause);
    }
  });
  return {
    ...reader,
    async close() {
      decoder.close();
    },
  };
}

function openDecoder(bytes: Uint8Array, format: string, name: string): ImageDecoder {
  // Absent in Safari, whatever the types say.
  if (globalThis.ImageDecoder === undefined) {
    throw new InternVLError("UNSUPPORTED", {
      what: `This browser cannot take animations such as ${name} apart`,
      expected: "ImageDecoder, in a page over https or on localhost",
      got: globalThis.isSecureContext ? "a browser without" : "a page that is no secure context",
      fix: "Pass the frames as pictures, or convert the animation: ffmpeg -i ANIMATION NEW.webm",
    });
  }
  return new ImageDecoder({ data: new Uint8Array(bytes), type: `image/${format}`, colorSpaceConversion: "none" });
}

/** As RGBA; closes the frame. */
async function readFrame(frame: VideoFrame): Promise<RawImage> {
  try {
    const places = FORMATS[frame.format ?? ""];
    if (places === undefined) {
      throw new InternVLError("UNSUPPORTED", {
        what: "The browser gives the animation's frames in a way that is not exact",
        expected: Object.keys(FORMATS).join(", "),
        got: frame.format ?? "frames that cannot be read",
        fix: "Pass the frames as pictures.",
      });
    }
    const rgba = new Uint8Array(frame.allocationSize());
    await frame.copyTo(rgba);
    const [red, blue] = places;
    for (let at = 0; at < rgba.length; at += 4) {
      const [first, third] = [rgba[at + red]!, rgba[at + blue]!];
      rgba[at] = first;
      rgba[at + 2] = third;
    }
    const { width, height } = frame.visibleRect!;
    return new RawImage(rgba, width, height, 4);
  } finally {
    frame.close();
  }
}
