import {
  assertPixels,
  type DecodeSettings,
  type ImageFormat,
  InternVLError,
  paintAroundFrame,
  RawImage,
  readGifFrame,
  withoutTransparency,
} from "@internvl/core";
import type { Sharp } from "sharp";
import { lazyModule } from "../load-module.js";

const loadSharp: () => Promise<typeof import("sharp")["default"]> = lazyModule(
  "sharp",
  async () => (await import("sharp")).default,
);

/** Where a PNG's bits a sample and its colour type stand (after the signature and the head of IHDR), and two of the types. */
const PNG_BITS = 24;
const PNG_COLOUR_TYPE = 25;
const PNG_RGB = 2;
const PNG_GREY_ALPHA = 4;

/**
 * The first frame as grey, RGB or RGBA, with Pillow's bytes. What makes libvips agree with Pillow:
 *
 * - `ignoreIcc`: Pillow's `convert("RGB")` applies no colour profile.
 * - CMYK stays CMYK through the whole pipeline and is converted here with Pillow's formula.
 * - 16 bits of grey are cut at 255, not scaled, as Pillow converts its mode `I;16`.
 * - What the two paint differently in a GIF is in core's `gif.ts`.
 * - `failOn: "truncated"`: Pillow refuses what is cut off and tolerates other damage, as libjpeg does.
 */
export async function decodeWithSharp(
  bytes: Uint8Array,
  name: string,
  format: ImageFormat,
  { alpha, exif, max_pixels }: DecodeSettings,
): Promise<RawImage> {
  const sharp = await loadSharp();
  const gif = format === "gif" ? readGifFrame(bytes) : undefined;
  const input = gif !== undefined && alpha === "drop" ? withoutTransparency(bytes, gif) : bytes;
  // An empty Buffer is the one input that sharp refuses at once; the format was sniffed, so there is none here.
  const source = sharp(input, { ignoreIcc: true, failOn: "truncated", limitInputPixels: false });
  const metadata = await source.metadata().catch((error: unknown) => refuse(error, name, format));
  assertPixels(metadata.width, metadata.height, name, max_pixels);

  // Pillow turns a TIFF while it loads it, whoever asks.
  const turned = exif === "apply" || format === "tiff" ? source.autoOrient() : source;
  const colourType = format === "png" ? bytes[PNG_COLOUR_TYPE] : undefined;
  const pixels = (image: Sharp) => rawPixels(image, name, format);
  if (metadata.space === "cmyk") {
    return cmykToRgb(await pixels(turned.pipelineColourspace("cmyk").toColourspace("cmyk").raw()));
  }
  if (metadata.space === "grey16" && colourType !== PNG_GREY_ALPHA) {
    const grey = alpha === "drop" ? turned.removeAlpha() : turned;
    return clipGrey16(await pixels(grey.toColourspace("grey16").raw({ depth: "ushort" })));
  }
  // Pillow looks for the 16-bit colour that a PNG declares transparent among pixels that it has cut to 8 bits already.
  const opaque = alpha === "drop" || (colourType === PNG_RGB && bytes[PNG_BITS] === 16);
  const coloured = turned.toColourspace("srgb");
  const { data, width, height, channels } = await pixels((opaque ? coloured.removeAlpha() : coloured).raw());
  const image = new RawImage(data, width, height, channels as 1 | 3 | 4);
  if (gif !== undefined) paintAroundFrame(image, gif);
  return image;
}

interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
  channels: number;
}

async function rawPixels(image: Sharp, name: string, format: ImageFormat): Promise<Pixels> {
  const { data, info } = await image
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => refuse(error, name, format));
  const { width, height, channels } = info;
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), width, height, channels };
}

function refuse(cause: unknown, name: string, format: ImageFormat): never {
  // libvips repeats itself on the lines that follow.
  const [reason] = (cause as Error).message.trim().split("\n");
  throw new InternVLError("IMAGE_INVALID", {
    what: `${name} is a damaged or cut off ${format.toUpperCase()} picture: ${reason}`,
    fix: "Copy or download the file again.",
    cause,
  });
}

/** Alpha, where there is one, comes from a single transparent value (tRNS), and white is what shows through it. */
function clipGrey16({ data, width, height, channels }: Pixels): RawImage {
  // libvips writes the machine's own byte order, which is what a Uint16Array reads.
  const samples = new Uint16Array(data.slice().buffer);
  const grey = new Uint8Array(width * height);
  for (let pixel = 0; pixel < grey.length; pixel++) {
    const transparent = channels === 2 && samples[pixel * 2 + 1] === 0;
    grey[pixel] = transparent ? 255 : Math.min(samples[pixel * channels]!, 255);
  }
  return new RawImage(grey, width, height, 1);
}

/** Pillow's `cmyk2rgb` (libImaging/Convert.c). */
function cmykToRgb({ data, width, height, channels }: Pixels): RawImage {
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    const white = 255 - data[from + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      rgb[to + channel] = Math.max(0, white - multiplyDivide255(data[from + channel]!, white));
    }
  }
  return new RawImage(rgb, width, height, 3);
}

/** Pillow's MULDIV255: `a * b / 255`, rounded. */
function multiplyDivide255(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}
