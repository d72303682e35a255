import { readFile, stat } from "node:fs/promises";
import { AbortedError, type ImageSource, InternVLError, type RawImage } from "@internvl/core";
import { expandPath } from "../files/store.js";
import { isMissing } from "../files/system-error.js";

/**
 * The largest encoded picture that is read, in bytes: the largest picture that is decoded by default (179 megapixels)
 * takes less than this in every compressed format, and a web server must not be able to fill the memory.
 */
const MAX_ENCODED_BYTES = 512 * 1024 * 1024;

/** How much of a URL or path a message shows: a data URL may be megabytes long. */
const SHOWN_CHARACTERS = 100;

/** How messages name bytes that came without a name. */
const UNNAMED = "The input";

export interface EncodedImage {
  bytes: Uint8Array;
  /** How messages name it. */
  name: string;
}

/** @throws InternVLError `FILE_NOT_FOUND`, `IMAGE_INVALID` (a data URL that is none), `IMAGE_TOO_LARGE`, `ABORTED` */
export async function readSource(source: Exclude<ImageSource, RawImage>, signal?: AbortSignal): Promise<EncodedImage> {
  if (source instanceof Uint8Array) return { bytes: source, name: UNNAMED };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source), name: UNNAMED };
  if (source instanceof Blob) {
    const name = source instanceof File ? source.name : UNNAMED;
    assertBytes(source.size, name);
    return { bytes: new Uint8Array(await source.arrayBuffer()), name };
  }
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new InternVLError("IMAGE_INVALID", {
      what: "This is no picture",
      expected: "a path, a URL, bytes, a Blob or a RawImage",
      got: source === null ? "null" : Array.isArray(source) ? "an array" : typeof source,
    });
  }
  const text = String(source);
  const name = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  const bytes = /^(https?|data|blob):/i.test(text)
    ? await readUrl(text, name, signal)
    : await readPath(text, name, signal);
  return { bytes, name };
}

async function readPath(text: string, name: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    const path = expandPath(text);
    const info = await stat(path);
    if (info.isDirectory()) {
      throw new InternVLError("FILE_NOT_FOUND", { what: `${name} is a folder`, expected: "a picture" });
    }
    assertBytes(info.size, name);
    return await readFile(path, { signal });
  } catch (cause) {
    if (InternVLError.isInstance(cause)) throw cause;
    if (signal?.aborted) throw new AbortedError(`Reading ${name} was aborted`, { cause });
    throw new InternVLError("FILE_NOT_FOUND", {
      what: isMissing(cause) ? `There is no file ${name}` : `${name} cannot be read: ${(cause as Error).message}`,
      fix: "Check the spelling; a relative path starts at the current directory.",
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
        fix: "Check the address in a browser.",
      });
    }
    return await readBody(response, name);
  } catch (cause) {
    if (InternVLError.isInstance(cause)) throw cause;
    if (signal?.aborted) throw new AbortedError(`Fetching ${name} was aborted`, { cause });
    throw unreachable(url, name, cause);
  }
}

/** The body, counted while it arrives: what a server says about its length need not be true. */
async function readBody(response: Response, name: string): Promise<Uint8Array> {
  assertBytes(Number(response.headers.get("content-length") ?? 0), name);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    assertBytes(length, name);
  }
  return Buffer.concat(chunks, length);
}

function unreachable(url: string, name: string, cause: unknown): InternVLError {
  if (url.startsWith("data:")) {
    return new InternVLError("IMAGE_INVALID", {
      what: `${name} is no valid data URL`,
      expected: "data:image/png;base64, and the picture in base64",
      cause,
    });
  }
  // fetch says "fetch failed" and keeps the reason in its cause.
  const reason = (cause as Error).cause instanceof Error ? ((cause as Error).cause as Error) : (cause as Error);
  return new InternVLError("FILE_NOT_FOUND", {
    what: `${name} could not be fetched: ${reason.message}`,
    fix: "Check the address and the connection.",
    cause,
  });
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
