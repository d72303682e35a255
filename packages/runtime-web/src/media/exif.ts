import type { ImageFormat } from "./formats.js";

/** The EXIF orientation, 1 to 8 (TIFF 6.0, tag 274), and where it stands. */
export interface Orientation {
  value: number;
  /** Where the two bytes of the value stand in the file, and their order. */
  at: number;
  littleEndian: boolean;
}

const ORIENTATION_TAG = 0x112;
const SHORT = 3;

/**
 * The orientation that a picture's EXIF block gives; undefined where there is none, or none that turns it. AVIF has
 * boxes of its own for that, which every decoder obeys.
 */
export function readOrientation(bytes: Uint8Array, format: ImageFormat): Orientation | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const tiff = FINDERS[format]?.(view);
    return tiff === undefined ? undefined : readTag(view, tiff);
  } catch {
    // Pillow overlooks an EXIF block that is cut off.
    return undefined;
  }
}

/** A copy that says that it stands upright, so that a browser, which always obeys, does not turn it. */
export function withoutOrientation(bytes: Uint8Array, { at, littleEndian }: Orientation): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  new DataView(copy.buffer).setUint16(at, 1, littleEndian);
  return copy;
}

/** Where the TIFF header of the EXIF block stands. */
const FINDERS: Readonly<Partial<Record<ImageFormat, (view: DataView) => number | undefined>>> = {
  jpeg: findInJpeg,
  png: (view) => findChunk(view, 8, "eXIf", { big: true, overhead: 12, pad: 0 }),
  webp: findInWebp,
};

const EXIF = "Exif\0\0";

function findInJpeg(view: DataView): number | undefined {
  for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xda) return undefined;
    if (marker === 0xe1 && text(view, at + 4, EXIF.length) === EXIF) return at + 4 + EXIF.length;
  }
  return undefined;
}

function findInWebp(view: DataView): number | undefined {
  const at = findChunk(view, 12, "EXIF", { big: false, overhead: 8, pad: 1 });
  // Some writers keep JPEG's prefix.
  return at !== undefined && text(view, at, EXIF.length) === EXIF ? at + EXIF.length : at;
}

/** Where the body of a chunk stands, in PNG (length, type, body, CRC) or RIFF (type, length, body, padded to 2). */
function findChunk(
  view: DataView,
  first: number,
  wanted: string,
  { big, overhead, pad }: { big: boolean; overhead: number; pad: number },
): number | undefined {
  for (let at = first; at + 8 <= view.byteLength; ) {
    const length = view.getUint32(at + (big ? 0 : 4), !big);
    if (text(view, at + (big ? 4 : 0), 4) === wanted) return at + 8;
    at += overhead + length + (pad & length);
  }
  return undefined;
}

function readTag(view: DataView, tiff: number): Orientation | undefined {
  const littleEndian = text(view, tiff, 2) === "II";
  const directory = tiff + view.getUint32(tiff + 4, littleEndian);
  const count = view.getUint16(directory, littleEndian);
  for (let entry = directory + 2; entry < directory + 2 + 12 * count; entry += 12) {
    if (view.getUint16(entry, littleEndian) !== ORIENTATION_TAG) continue;
    if (view.getUint16(entry + 2, littleEndian) !== SHORT) return undefined;
    const value = view.getUint16(entry + 8, littleEndian);
    return value >= 2 && value <= 8 ? { value, at: entry + 8, littleEndian } : undefined;
  }
  return undefined;
}

function text(view: DataView, at: number, length: number): string {
  return String.fromCharCode(...Array.from({ length }, (_, i) => view.getUint8(at + i)));
}
