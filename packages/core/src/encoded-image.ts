import { InternVLError } from "./errors.js";
import type { RawImage } from "./image.js";
import type { ImageSource } from "./media.js";

/**
 * The largest encoded picture that is read, in bytes: the largest picture that is decoded by default (179 megapixels)
 * takes less than this in every compressed format, and a server must not be able to fill the memory.
 */
const MAX_ENCODED_BYTES = 512 * 1024 * 1024;

/** How much of an address a message shows: a data URL may be megabytes long. */
const SHOWN_CHARACTERS = 100;

/** How messages name bytes that came without a name. */
const UNNAMED = "The input";

export interface EncodedImage {
  bytes: Uint8Array;
  /** How messages name it. */
  name: string;
}

/** What a platform does with the sources that not every platform reads alike. */
export interface SourceReader {
  /** What a picture may be, for messages: `"a path, a URL, bytes, …"`. */
  expected: string;
  readBlob(blob: Blob, name: string): Promise<Uint8Array>;
  /** A path or an address. */
  readText(text: string, name: string, signal: AbortSignal | undefined): Promise<Uint8Array>;
}

/**
 * The bytes of a picture, for media decoders.
 *
 * @throws InternVLError `IMAGE_INVALID` (no picture at all), `IMAGE_TOO_LARGE`, and what the reader throws
 */
export async function readEncodedImage(
  source: Exclude<ImageSource, RawImage>,
  reader: SourceReader,
  signal?: AbortSignal,
): Promise<EncodedImage> {
  if (source instanceof Uint8Array) return { bytes: source, name: UNNAMED };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source), name: UNNAMED };
  if (source instanceof Blob) {
    const name = source instanceof File ? source.name : UNNAMED;
    assertEncodedSize(source.size, name);
    return { bytes: await reader.readBlob(source, name), name };
  }
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new InternVLError("IMAGE_INVALID", {
      what: "This is no picture",
      expected: reader.expected,
      got: source === null ? "null" : Array.isArray(source) ? "an array" : typeof source,
    });
  }
  const text = String(source);
  const name = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return { bytes: await reader.readText(text, name, signal), name };
}

/** @throws InternVLError `IMAGE_TOO_LARGE` for more bytes than a picture has */
export function assertEncodedSize(size: number, name: string): void {
  if (size <= MAX_ENCODED_BYTES) return;
  throw new InternVLError("IMAGE_TOO_LARGE", {
    what: `${name} is too large for a picture`,
    expected: `at most ${MAX_ENCODED_BYTES} bytes`,
    got: String(size),
  });
}
