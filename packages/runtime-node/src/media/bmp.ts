import { assertPixels, InternVLError, RawImage } from "@internvl/core";

// Own code because libvips does not know BMP, and the libraries of npm that were tried (bmp-ts 1.0.9, fast-bmp 4.0.1)
// differ from Pillow at 4 and 16 bits or know no palettes.

const FILE_HEADER = 14;
const OS2_HEADER = 12;
const INFO_HEADER = 40;
/** The first header that has a mask for alpha (BITMAPV3INFOHEADER). */
const V3_HEADER = 56;

const UNCOMPRESSED = 0;
const BIT_FIELDS = 3;

/** The masks of red, green and blue when the header gives none: 5 bits each, or a byte each. */
const DEFAULT_MASKS: Readonly<Record<number, readonly number[]>> = {
  16: [0x7c00, 0x3e0, 0x1f],
  24: [0xff0000, 0xff00, 0xff],
  32: [0xff0000, 0xff00, 0xff],
};

interface BmpHeader {
  width: number;
  height: number;
  topDown: boolean;
  bits: number;
  /** Of red, green, blue and, where there is one, alpha; for 16 bits and more. */
  masks: readonly number[];
  /** Where the palette stands, for 8 bits and fewer. */
  palette: number;
  paletteStep: 3 | 4;
  pixels: number;
}

/** Uncompressed BMP of 1 to 32 bits. Run-length compression is refused. Alpha only where the header has a mask for it. */
export function decodeBmp(bytes: Uint8Array, name: string, max_pixels: number): RawImage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const header = readHeader(view, name);
    assertPixels(header.width, header.height, name, max_pixels);
    return header.bits <= 8 ? decodeIndexed(view, header) : decodeDirect(view, header);
  } catch (cause) {
    if (InternVLError.isInstance(cause)) throw cause;
    // A DataView refuses to read past its end.
    throw new InternVLError("IMAGE_INVALID", {
      what: `${name} is a damaged or cut off BMP picture`,
      fix: "Copy or download the file again.",
      cause,
    });
  }
}

function readHeader(view: DataView, name: string): BmpHeader {
  const pixels = view.getUint32(10, true);
  const size = view.getUint32(FILE_HEADER, true);
  const palette = FILE_HEADER + size;
  if (size === OS2_HEADER) {
    const bits = view.getUint16(24, true);
    const [width, height] = [view.getUint16(18, true), view.getUint16(20, true)];
    assertKnown(bits, UNCOMPRESSED, name);
    return { width, height, topDown: false, bits, masks: DEFAULT_MASKS[bits] ?? [], palette, paletteStep: 3, pixels };
  }
  const height = view.getInt32(22, true);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  assertKnown(bits, compression, name);
  let masks = DEFAULT_MASKS[bits] ?? [];
  if (compression === BIT_FIELDS) {
    const count = size >= V3_HEADER ? 4 : 3;
    // They follow a header of 40 bytes and are part of a longer one: the same place.
    masks = Array.from({ length: count }, (_, i) => view.getUint32(FILE_HEADER + INFO_HEADER + 4 * i, true));
    if (masks[3] === 0) masks = masks.slice(0, 3);
  }
  return {
    width: view.getInt32(18, true),
    height: Math.abs(height),
    topDown: height < 0,
    bits,
    masks,
    palette,
    paletteStep: 4,
    pixels,
  };
}

function assertKnown(bits: number, compression: number, name: string): void {
  const known = [1, 4, 8, 16, 24, 32].includes(bits);
  const plain = compression === UNCOMPRESSED || (compression === BIT_FIELDS && bits >= 16);
  if (known && plain) return;
  throw new InternVLError("IMAGE_INVALID", {
    what: `${name} is a BMP picture of a kind that is not decoded here`,
    expected: "1, 4, 8, 16, 24 or 32 bits a pixel, not compressed",
    got: `${bits} bits, compression ${compression}`,
    fix: "Save the picture as PNG.",
  });
}

function decodeIndexed(
  view: DataView,
  { width, height, topDown, bits, palette, paletteStep, pixels }: BmpHeader,
): RawImage {
  const stride = rowBytes(width, bits);
  assertHolds(view, pixels + stride * height);
  const rgb = new Uint8Array(width * height * 3);
  const mask = 2 ** bits - 1;
  for (let y = 0, to = 0; y < height; y++) {
    const row = pixels + stride * (topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      const index = (view.getUint8(row + (bit >> 3)) >> (8 - bits - (bit & 7))) & mask;
      const colour = palette + index * paletteStep;
      rgb[to++] = view.getUint8(colour + 2);
      rgb[to++] = view.getUint8(colour + 1);
      rgb[to++] = view.getUint8(colour);
    }
  }
  return new RawImage(rgb, width, height, 3);
}

function decodeDirect(view: DataView, { width, height, topDown, bits, masks, pixels }: BmpHeader): RawImage {
  const stride = rowBytes(width, bits);
  assertHolds(view, pixels + stride * height);
  const channels = masks.map((mask) => ({ mask, shift: lowestBit(mask), max: mask >>> lowestBit(mask) || 1 }));
  const data = new Uint8Array(width * height * channels.length);
  for (let y = 0, to = 0; y < height; y++) {
    const row = pixels + stride * (topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const pixel = readPixel(view, row + x * (bits >> 3), bits);
      for (const { mask, shift, max } of channels) {
        // Pillow rounds down when it widens 5 or 6 bits to 8.
        data[to++] = Math.floor((((pixel & mask) >>> shift) * 255) / max);
      }
    }
  }
  return new RawImage(data, width, height, channels.length as 3 | 4);
}

function readPixel(view: DataView, at: number, bits: number): number {
  if (bits === 16) return view.getUint16(at, true);
  if (bits === 24) return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  return view.getUint32(at, true);
}

/** Rows are padded to 4 bytes. */
function rowBytes(width: number, bits: number): number {
  return Math.ceil((width * bits) / 32) * 4;
}

/** Before the pixels are allocated: a header of 60 bytes may promise gigabytes. */
function assertHolds(view: DataView, end: number): void {
  if (end > view.byteLength) throw new RangeError(`The pixels end at byte ${end} of ${view.byteLength}`);
}

function lowestBit(mask: number): number {
  return mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
}
