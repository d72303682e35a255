import { readFile, stat } from "node:fs/promises";
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
import { expandPath } from "../files/store.js";
import { isMissing } from "../files/system-error.js";

const READER: SourceReader = {
  expected: "a path, a URL, bytes, a Blob or a RawImage",
  readBlob: async (blob) => new Uint8Array(await blob.arrayBuffer()),
  readText: (text, name, signal) =>
    /^(https?|data|blob):/i.test(text) ? readUrl(text, name, signal) : readPath(text, name, signal),
};

/** @throws InternVLError `FILE_NOT_FOUND`, `IMAGE_INVALID` (a data URL that is none), `IMAGE_TOO_LARGE`, `ABORTED` */
export function readSource(source: Exclude<ImageSource, RawImage>, signal?: AbortSignal): Promise<EncodedImage> {
  return readEncodedImage(source, READER, signal);
}

async function readPath(text: string, name: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    const path = expandPath(text);
    const info = await stat(path);
    if (info.isDirectory()) {
      throw new InternVLError("FILE_NOT_FOUND", { what: `${name} is a folder`, expected: "a picture" });
    }
    assertEncodedSize(info.size, name);
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
  assertEncodedSize(Number(response.headers.get("content-length") ?? 0), name);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    assertEncodedSize(length, name);
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
