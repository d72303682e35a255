import type { RawImage } from "@internvl/core";

/** The first frame of a GIF, as far as libvips and Pillow treat it differently. */
export interface GifFrame {
  left: number;
  top: number;
  width: number;
  height: number;
  /** What Pillow paints around a frame that is smaller than the picture: the transparent colour, else the first. */
  background: { red: number; green: number; blue: number; alpha: 0 | 255 };
  /** Where the flags of the frame's graphic control extension stand, when they declare a transparent colour. */
  transparencyFlags?: number;
}

const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const IMAGE = 0x2c;
const LOGICAL_SCREEN_END = 13;

/** Reads the blocks up to the first frame (GIF89a, sections 18 to 23); undefined where there is none. */
export function readGifFrame(bytes: Uint8Array): GifFrame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const globalPalette = paletteSize(bytes[10]);
  let at = LOGICAL_SCREEN_END + globalPalette;
  let control: number | undefined;
  while (bytes[at] === EXTENSION) {
    if (bytes[at + 1] === GRAPHIC_CONTROL) control = at + 3;
    at += 2;
    while (bytes[at]) at += bytes[at]! + 1;
    at += 1;
  }
  if (bytes[at] !== IMAGE || at + 10 > bytes.length) return undefined;

  const transparent = control !== undefined && (bytes[control]! & 1) === 1;
  const palette = paletteSize(bytes[at + 9]) > 0 ? at + 10 : LOGICAL_SCREEN_END;
  const colour = palette + 3 * (transparent ? bytes[control! + 3]! : 0);
  return {
    left: view.getUint16(at + 1, true),
    top: view.getUint16(at + 3, true),
    width: view.getUint16(at + 5, true),
    height: view.getUint16(at + 7, true),
    background: {
      red: bytes[colour] ?? 0,
      green: bytes[colour + 1] ?? 0,
      blue: bytes[colour + 2] ?? 0,
      alpha: transparent ? 0 : 255,
    },
    ...(transparent && { transparencyFlags: control }),
  };
}

/** A copy that declares no transparent colour, so that libvips shows the colour that is in the palette. */
export function withoutTransparency(bytes: Uint8Array, { transparencyFlags }: GifFrame): Uint8Array {
  if (transparencyFlags === undefined) return bytes;
  const copy = bytes.slice();
  copy[transparencyFlags] = copy[transparencyFlags]! & ~1;
  return copy;
}

/** Paints the background around the frame, where libvips leaves nothing. Changes `image`. */
export function fillAroundFrame(image: RawImage, { left, top, width, height, background }: GifFrame): void {
  const { red, green, blue, alpha } = background;
  const colour = [red, green, blue, alpha].slice(0, image.channels);
  for (let y = 0; y < image.height; y++) {
    const crossed = y >= top && y < top + height;
    for (let x = 0; x < image.width; x++) {
      if (crossed && x === left) x += width;
      if (x < image.width) image.data.set(colour, (y * image.width + x) * image.channels);
    }
  }
}

/** Bytes of the palette that a packed field declares, 3 a colour; 0 for none. */
function paletteSize(packed = 0): number {
  return packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0;
}
