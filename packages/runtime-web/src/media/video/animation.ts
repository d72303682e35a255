import { assertPixels, type DecodeSettings, InternVLError, RawImage, toRgb, type VideoReader } from "@internvl/core";
import { animationMetadata, damagedAnimation, frameListReader } from "@internvl/video";
import { type Dimensions, readDimensions } from "../dimensions.js";
import { decodePixels } from "../pixels.js";
import { frameTimes } from "./animation-header.js";

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
  const { width, height } = dimensions(bytes, format, name);
  assertPixels(width, height, name, max_pixels);
  const times = frameTimes(bytes, format, name);
  const metadata = animationMetadata(times, width, height);
  // ImageDecoder gives a lossy picture that does not move as YUV, which is converted elsewhere.
  const decoder = format === "webp" && times.length === 1 ? undefined : openDecoder(bytes, format, name);
  const reader = frameListReader(metadata, async (frameIndex) => {
    try {
      if (decoder === undefined) return await decodePixels(new Uint8Array(bytes), "webp", name, alpha);
      const { image } = await decoder.decode({ frameIndex, completeFramesOnly: true });
      return toRgb(await readFrame(image), alpha);
    } catch (cause) {
      throw asVideoError(name, cause);
    }
  });
  return {
    ...reader,
    async close() {
      decoder?.close();
    },
  };
}

function dimensions(bytes: Uint8Array, format: "gif" | "webp", name: string): Dimensions {
  try {
    return readDimensions(bytes, format, name);
  } catch (cause) {
    throw asVideoError(name, cause);
  }
}

/** What the decoders of pictures call a damaged picture is a damaged video here. */
function asVideoError(name: string, cause: unknown): InternVLError {
  const isTold = InternVLError.isInstance(cause) && cause.code !== "IMAGE_INVALID";
  return isTold ? cause : damagedAnimation(name, cause);
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
