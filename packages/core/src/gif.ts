import type { RawImage } from "./image.js";

/** The first frame of a GIF, as far as decoders and Pillow treat it differently. */
export interface GifFrame {
  left: number;
  top: number;
  width: number;
  height: number;
  /** RGBA that Pillow paints around a frame that is smaller than the picture: the transparent colour, else the first. */
  background: readonly [number, number, number, number];
  /** Where the flags of the frame's graphic control extension stand, when they declare a transparent colour. */
  transparencyFlags: number | undefined;
}

const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const IMAGE = 0x2c;
const LOGICAL_SCREEN_END = 13;

/** Reads the blocks up to the first frame (GIF89a, sections 18 to 23); undefined where there is none. */
export function readGifFrame(bytes: Uint8Array): GifFrame | undefined {
  let at = LOGICAL_SCREEN_END + gifPaletteBytes(bytes[10]);
  let control: number | undefined;
  while (bytes[at] === EXTENSION) {
    if (bytes[at + 1] === GRAPHIC_CONTROL) control = at + 3;
    at += 2;
    while (bytes[at]) at += bytes[at]! + 1;
    at += 1;
  }
  if (bytes[at] !== IMAGE || at + 10 > bytes.length) return undefined;

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [left, top, width, height] = [1, 3, 5, 7].map((field) => view.getUint16(at + field, true));
  const transparencyFlags = control !== undefined && bytes[control]! & 1 ? control : undefined;
  const index = transparencyFlags === undefined ? 0 : bytes[transparencyFlags + 3]!;
  const colour = (gifPaletteBytes(bytes[at + 9]) > 0 ? at + 10 : LOGICAL_SCREEN_END) + 3 * index;
  const [red = 0, green = 0, blue = 0] = bytes.subarray(colour, colour + 3);
  return {
    left: left!,
    top: top!,
    width: width!,
    height: height!,
    background: [red, green, blue, transparencyFlags === undefined ? 255 : 0],
    transparencyFlags,
  };
}

/** A copy that declares no transparent colour, so that decoders show the colour that is in the palette. */
export function withoutTransparency<Bytes extends Uint8Array>(
  bytes: Bytes,
  { transparencyFlags }: GifFrame,
): Bytes | Uint8Array<ArrayBuffer> {
  if (transparencyFlags === undefined) return bytes;
  const copy = bytes.slice();
  copy[transparencyFlags]! &= ~1;
  return copy;
}

/** Paints Pillow's background around the frame, where decoders leave nothing. Changes `image`. */
export function paintAroundFrame(image: RawImage, { left, top, width, height, background }: GifFrame): void {
  const { channels, data } = image;
  const colour = background.slice(0, channels);
  for (let y = 0, at = 0; y < image.height; y++) {
    const crossed = y >= top && y < top + height;
    for (let x = 0; x < image.width; x++, at += channels) {
      if (!crossed || x < left || x >= left + width) data.set(colour, at);
    }
  }
}

/** Bytes of the palette that a packed field declares, 3 a colour; 0 for none. */
export function gifPaletteBytes(packed = 0): number {
  return packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0;
}
