import { readDataUrl } from "./data-url.js";
import { InternVLError } from "./errors.js";
import { fetchBytes } from "./fetch-bytes.js";
import type { RawImage } from "./image.js";
import type { ImageSource } from "./media.js";
import { readBlob, type SourcePlatform, shortName } from "./source-platform.js";

/**
 * The largest encoded picture that is read, in bytes: the largest picture that is decoded by default (179 megapixels)
 * takes less than this in every compressed format, and a server must not be able to fill the memory.
 */
const MAX_ENCODED_BYTES = 512 * 1024 * 1024;

/** How messages name bytes that came without a name. */
const UNNAMED = "The input";

export interface EncodedImage {
  bytes: Uint8Array;
  /** How messages name it. */
  name: string;
}

/** What a platform has of its own. */
export interface ImagePlatform extends SourcePlatform {
  /** Reads a path; without it every text is an address. */
  readPath?(path: string, name: string, signal: AbortSignal | undefined): Promise<Uint8Array>;
}

/**
 * The bytes of a picture, for media decoders.
 *
 * @throws InternVLError `FILE_NOT_FOUND`, `IMAGE_INVALID` (no picture at all, a data URL that is none), `IMAGE_TOO_LARGE`,
 * `ABORTED`, and what `readPath` throws
 */
export async function readEncodedImage(
  source: Exclude<ImageSource, RawImage>,
  platform: ImagePlatform,
  signal?: AbortSignal,
): Promise<EncodedImage> {
  if (source instanceof Uint8Array) return { bytes: source, name: UNNAMED };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source), name: UNNAMED };
  if (source instanceof Blob) {
    const name = source instanceof File ? source.name : UNNAMED;
    assertEncodedSize(source.size, name);
    return { bytes: await readBlob(source, name), name };
  }
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new InternVLError("IMAGE_INVALID", {
      what: "This is no picture",
      expected: platform.expected,
      got: source === null ? "null" : Array.isArray(source) ? "an array" : typeof source,
    });
  }
  const text = String(source);
  const name = shortName(text);
  return { bytes: await readText(text, name, platform, signal), name };
}

async function readText(
  text: string,
  name: string,
  { unreachable, readPath }: ImagePlatform,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (/^data:/i.test(text)) return readDataUrl(text, name, "IMAGE_INVALID");
  if (readPath !== undefined && !/^(https?|blob):/i.test(text)) return readPath(text, name, signal);
  return fetchBytes(text, name, { unreachable, signal, check: (bytes) => assertEncodedSize(bytes, name) });
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
