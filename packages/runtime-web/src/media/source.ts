import {
  AbortedError,
  assertEncodedSize,
  type EncodedImage,
  type ImageSource,
  InternVLError,
  type RawImage,
  readEncodedImage,
  type SourceReader,
} from "@internvl/core";

const READER: SourceReader = {
  expected: "a URL, bytes, a Blob or File, or a RawImage",
  readBlob,
  // A data URL not with fetch, which a page's policy (connect-src) would have to allow.
  readText: async (text, name, signal) =>
    /^data:/i.test(text) ? readDataUrl(text, name) : readUrl(text, name, signal),
};

/**
 * The bytes of a picture. A string is an address, relative to the page's.
 *
 * @throws InternVLError `FILE_NOT_FOUND`, `IMAGE_INVALID` (a data URL that is none), `IMAGE_TOO_LARGE`, `ABORTED`
 */
export function readSource(source: Exclude<ImageSource, RawImage>, signal?: AbortSignal): Promise<EncodedImage> {
  return readEncodedImage(source, READER, signal);
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
  assertEncodedSize(Number(response.headers.get("content-length") ?? 0), name);
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (let chunk = await reader?.read(); chunk?.value !== undefined; chunk = await reader?.read()) {
      chunks.push(chunk.value);
      length += chunk.value.length;
      assertEncodedSize(length, name);
    }
  } finally {
    // Whatever is left is not wanted.
    await reader?.cancel().catch(() => {});
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}
