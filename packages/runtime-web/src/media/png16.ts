import { type AlphaMode, RawImage } from "@internvl/core";

const GREY = 0;
const RGB = 2;
const GREY_ALPHA = 4;

/** Where the fields of a PNG's header stand, its CRC included. */
const IHDR_TYPE = 12;
const IHDR_BITS = 24;
const IHDR_COLOUR_TYPE = 25;
const IHDR_CRC = 29;

/** Whether a PNG has one channel of 16 bits, of which browsers show the upper 8. */
export function isGrey16(bytes: Uint8Array): boolean {
  return bytes[IHDR_BITS] === 16 && bytes[IHDR_COLOUR_TYPE] === GREY;
}

/**
 * Whether a PNG has three channels of 16 bits. Pillow looks for the colour that it declares transparent among pixels that
 * it has cut to 8 bits already, so there it finds none.
 */
export function isRgb16(bytes: Uint8Array): boolean {
  return bytes[IHDR_BITS] === 16 && bytes[IHDR_COLOUR_TYPE] === RGB;
}

/**
 * The same PNG with its header changed to 8 bits of grey and 8 of alpha: the two bytes of a sample then come out as grey
 * and alpha, because PNG's filters work on bytes and both kinds have two a pixel.
 */
export function splitSamples(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  copy[IHDR_BITS] = 8;
  copy[IHDR_COLOUR_TYPE] = GREY_ALPHA;
  new DataView(copy.buffer).setUint32(IHDR_CRC, crc32(copy.subarray(IHDR_TYPE, IHDR_CRC)));
  return copy;
}

/**
 * Grey from the split samples: cut at 255, not scaled, as Pillow converts its mode `I;16`. White shows through the value
 * that the file declares transparent, unless alpha is dropped.
 */
export function clipSamples({ data, width, height }: RawImage, original: Uint8Array, alpha: AlphaMode): RawImage {
  const transparent = alpha === "composite" ? transparentValue(original) : undefined;
  const grey = new Uint8Array(width * height);
  for (let pixel = 0; pixel < grey.length; pixel++) {
    const sample = data[pixel * 4]! * 256 + data[pixel * 4 + 3]!;
    grey[pixel] = sample === transparent ? 255 : Math.min(sample, 255);
  }
  return new RawImage(grey, width, height, 1);
}

/** The sample that the chunk tRNS names; it stands between the header and the first pixels. */
function transparentValue(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === "tRNS") return view.getUint16(at + 8);
    if (type === "IDAT") return undefined;
  }
  return undefined;
}

/** PNG's checksum, annex D of its specification. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
