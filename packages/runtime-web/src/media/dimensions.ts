import { InternVLError } from "@internvl/core";
import type { ImageFormat } from "./formats.js";

export interface Dimensions {
  width: number;
  height: number;
}

/** A frame header of JPEG (SOF0 to SOF15) is one of these markers that is neither DHT, JPG nor DAC. */
const JPEG_FRAME = /^(?:c[0-35-79-bd-f])$/;

/** Markers of JPEG without a length: TEM, RST0 to RST7, SOI. */
const JPEG_BARE = /^(?:01|d[0-8])$/;

const READERS: Readonly<Record<ImageFormat, (view: DataView) => Dimensions | undefined>> = {
  png: (view) => ({ width: view.getUint32(16), height: view.getUint32(20) }),
  gif: (view) => ({ width: view.getUint16(6, true), height: view.getUint16(8, true) }),
  bmp: readBmp,
  jpeg: readJpeg,
  webp: readWebp,
  avif: readAvif,
};

/**
 * Width and height as the header says, before any pixel is decoded.
 *
 * @throws InternVLError `IMAGE_INVALID` for a header that is cut off or damaged
 */
export function readDimensions(bytes: Uint8Array, format: ImageFormat, name: string): Dimensions {
  let found: Dimensions | undefined;
  let cause: unknown;
  try {
    found = READERS[format](new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    // A DataView refuses to read past its end.
    cause = error;
  }
  if (found !== undefined && found.width > 0 && found.height > 0) return found;
  throw damaged(name, format, cause ?? new Error("its header gives no size"));
}

/** What could be told apart as a picture and cannot be decoded. */
export function damaged(name: string, format: ImageFormat, cause: unknown): InternVLError {
  return new InternVLError("IMAGE_INVALID", {
    what: `${name} is a damaged or cut off ${format.toUpperCase()} picture: ${(cause as Error).message}`,
    fix: "Copy or download the file again.",
    cause,
  });
}

function readBmp(view: DataView): Dimensions {
  const os2 = view.getUint32(14, true) === 12;
  if (os2) return { width: view.getUint16(18, true), height: view.getUint16(20, true) };
  // A negative height says that the rows go from top to bottom.
  return { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
}

function readJpeg(view: DataView): Dimensions | undefined {
  for (let at = 2; ; ) {
    // Any number of fill bytes may stand in front of a marker.
    while (view.getUint8(at) !== 0xff) at++;
    while (view.getUint8(at) === 0xff) at++;
    const marker = view.getUint8(at).toString(16).padStart(2, "0");
    if (JPEG_FRAME.test(marker)) return { height: view.getUint16(at + 4), width: view.getUint16(at + 6) };
    at += 1 + (JPEG_BARE.test(marker) ? 0 : view.getUint16(at + 1));
  }
}

function readWebp(view: DataView): Dimensions | undefined {
  const kind = fourCharacters(view, 12);
  if (kind === "VP8X") return { width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 };
  if (kind === "VP8 ") {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
  if (kind !== "VP8L") return undefined;
  const packed = view.getUint32(21, true);
  return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
}

/** The largest of the image spatial extents (`ispe`): thumbnails and tiles have some of their own. */
function readAvif(view: DataView): Dimensions | undefined {
  let largest: Dimensions | undefined;
  // The properties stand in the meta box near the start; the pictures' data follow.
  const end = Math.min(view.byteLength - 16, 64 * 1024);
  for (let at = 0; at < end; at++) {
    if (fourCharacters(view, at) !== "ispe") continue;
    const found = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    if (largest === undefined || found.width * found.height > largest.width * largest.height) largest = found;
  }
  return largest;
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}

function fourCharacters(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}
