import { AbortedError, type ImageSource, InternVLError, type RawImage } from "@internvl/core";

/**
 * The largest encoded picture that is read, in bytes: the largest picture that is decoded by default (179 megapixels)
 * takes less than this in every compressed format, and a server must not be able to fill the page's memory.
 */
const MAX_ENCODED_BYTES = 512 * 1024 * 1024;

/** How much of a URL a message shows: a data URL may be megabytes long. */
const SHOWN_CHARACTERS = 100;

/** How messages name bytes that came without a name. */
const UNNAMED = "The input";

export interface EncodedImage {
  bytes: Uint8Array;
  /** How messages name it. */
  name: string;
}

/**
 * The bytes of a picture. A string is an address, relative to the page's.
 *
 * @throws InternVLError `FILE_NOT_FOUND`, `IMAGE_INVALID` (a data URL that is none), `IMAGE_TOO_LARGE`, `ABORTED`
 */
export async function readSource(source: Exclude<ImageSource, RawImage>, signal?: AbortSignal): Promise<EncodedImage> {
  if (source instanceof Uint8Array) return { bytes: source, name: UNNAMED };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source), name: UNNAMED };
  if (source instanceof Blob) {
    const name = source instanceof File ? source.name : UNNAMED;
    assertBytes(source.size, name);
    return { bytes: await readBlob(source, name), name };
  }
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new InternVLError("IMAGE_INVALID", {
      what: "This is no picture",
      expected: "a URL, bytes, a Blob or File, or a RawImage",
      got: source === null ? "null" : Array.isArray(source) ? "an array" : typeof source,
    });
  }
  const text = String(source);
  const name = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  // Not with fetch, which a page's policy (connect-src) would have to allow.
  const bytes = /^data:/i.test(text) ? readDataUrl(text, name) : await readUrl(text, name, signal);
  return { bytes, name };
}

async function readBlob(blob: Blob, name: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    // A file that was moved or changed after it was chosen.
    throw new InternVLError("FILE_NOT_FOUND", {
      what: `${name} cannot be read: ${(cause as Error).message}`,
      fix: "Choose the file again.",
      cause,
    });
  }
}

function readDataUrl(url: string, name: string): Uint8Array {
  try {
    const [, base64, body] = /^data:[^,]*?(;\s*base64)?,(.*)$/is.exec(url) ?? [];
    if (body === undefined) throw new Error("there is no comma");
    const text = body.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Uint8Array.from(base64 === undefined ? text : atob(text), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new InternVLError("IMAGE_INVALID", {
      what: `${name} is no valid data URL: ${(cause as Error).message}`,
      expected: "data:image/png;base64, and the picture in base64",
      cause,
    });
  }
}

async function readUrl(url: string, name: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) {
      throw new InternVLError("FILE_NOT_FOUND", {
        what: `${name} could not be fetched`,
        got: `status ${response.status} ${response.statusText}`.trimEnd(),
        fix: "Check the address in a tab of its own.",
      });
    }
    return await readBody(response, name);
  } catch (cause) {
    if (InternVLError.isInstance(cause)) throw cause;
    if (signal?.aborted) throw new AbortedError(`Fetching ${name} was aborted`, { cause });
    throw new InternVLError("FILE_NOT_FOUND", {
      what: `${name} could not be fetched: ${(cause as Error).message}`,
      fix: "Check the address. Browsers do not say why: a server of another origin must allow this page (CORS), and so must the page's Content-Security-Policy.",
      cause,
    });
  }
}

/** The body, counted while it arrives: what a server says about its length need not be true. */
async function readBody(response: Response, name: string): Promise<Uint8Array> {
  assertBytes(Number(response.headers.get("content-length") ?? 0), name);
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (let chunk = await reader?.read(); chunk?.value !== undefined; chunk = await reader?.read()) {
      chunks.push(chunk.value);
      length += chunk.value.length;
      assertBytes(length, name);
    }
  } finally {
    // Whatever is left is not wanted.
    await reader?.cancel().catch(() => {});
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

function assertBytes(size: number, name: string): void {
  if (size > MAX_ENCODED_BYTES) {
    throw new InternVLError("IMAGE_TOO_LARGE", {
      what: `${name} is too large for a picture`,
      expected: `at most ${MAX_ENCODED_BYTES} bytes`,
      got: String(size),
    });
  }
}
