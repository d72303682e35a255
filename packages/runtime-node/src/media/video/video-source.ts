import { stat } from "node:fs/promises";
import { AbortedError, InternVLError, type VideoSource } from "@internvl/core";
import { BlobSource, BufferSource, FilePathSource, type Source, UrlSource } from "mediabunny";
import { expandPath } from "../../files/store.js";
import { isMissing } from "../../files/system-error.js";

/** Bytes of a remote file that are kept: a stretch between two key frames, seldom more. */
const URL_CACHE_BYTES = 32 * 1024 * 1024;

/** How often a request that failed is made again, and how long that waits, in seconds. */
const RETRIES = 2;
const RETRY_SECONDS = 0.5;

/** How much of a URL or path a message shows. */
const SHOWN_CHARACTERS = 100;
const UNNAMED = "The video";

/** A video that can be read in parts, or a folder of pictures. */
export type OpenedSource =
  | { name: string; folder: string }
  | { name: string; source: Source; head(bytes: number): Promise<Uint8Array>; whole(): Promise<Uint8Array | string> };

/** @throws InternVLError `FILE_NOT_FOUND`, `VIDEO_INVALID` (no source at all) */
export async function openSource(source: VideoSource, signal: AbortSignal | undefined): Promise<OpenedSource> {
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) return ofBytes(source, UNNAMED);
  if (source instanceof Blob) {
    const name = source instanceof File ? source.name : UNNAMED;
    return {
      name,
      source: new BlobSource(source),
      head: async (bytes) => new Uint8Array(await source.slice(0, bytes).arrayBuffer()),
      whole: async () => new Uint8Array(await source.arrayBuffer()),
    };
  }
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new InternVLError("VIDEO_INVALID", {
      what: "This is no video",
      expected: "a path, a URL, bytes or a Blob",
      got: source === null ? "null" : typeof source,
    });
  }
  const text = String(source);
  const name = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  if (/^(data|blob):/i.test(text)) return ofBytes(await readWhole(text, name, signal), name);
  if (/^https?:/i.test(text)) return ofUrl(text, name, signal);
  return ofPath(text, name);
}

function ofBytes(bytes: Uint8Array | ArrayBuffer, name: string): OpenedSource {
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  return {
    name,
    source: new BufferSource(view),
    head: async (count) => view.subarray(0, count),
    whole: async () => view,
  };
}

async function ofPath(text: string, name: string): Promise<OpenedSource> {
  const path = expandPath(text);
  try {
    if ((await stat(path)).isDirectory()) return { name, folder: path };
    const source = new FilePathSource(path);
    return { name, source, head: (bytes) => readHead(path, bytes), whole: async () => path };
  } catch (cause) {
    throw new InternVLError("FILE_NOT_FOUND", {
      what: isMissing(cause) ? `There is no file ${name}` : `${name} cannot be read: ${(cause as Error).message}`,
      fix: "Check the spelling; a relative path starts at the current directory.",
      cause,
    });
  }
}

async function readHead(path: string, bytes: number): Promise<Uint8Array> {
  const { open } = await import("node:fs/promises");
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Only the parts that are needed are fetched, where the server allows that. */
async function ofUrl(url: string, name: string, signal: AbortSignal | undefined): Promise<OpenedSource> {
  return {
    name,
    source: new UrlSource(url, {
      maxCacheSize: URL_CACHE_BYTES,
      getRetryDelay: (attempts) => (attempts < RETRIES ? RETRY_SECONDS : null),
    }),
    head: async (bytes) =>
      (await readWhole(url, name, signal, { range: `bytes=0-${bytes - 1}` }, bytes)).subarray(0, bytes),
    whole: () => readWhole(url, name, signal),
  };
}

/** @param most bytes after which reading stops */
async function readWhole(
  url: string,
  name: string,
  signal: AbortSignal | undefined,
  headers: HeadersInit = {},
  most = Number.POSITIVE_INFINITY,
): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { headers, signal });
    if (!response.ok) {
      throw new InternVLError("FILE_NOT_FOUND", {
        what: `${name} could not be fetched`,
        got: `status ${response.status} ${response.statusText}`.trimEnd(),
        fix: "Check the address in a browser.",
      });
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= most) break;
    }
    return Buffer.concat(chunks);
  } catch (cause) {
    if (InternVLError.isInstance(cause)) throw cause;
    if (signal?.aborted) throw new AbortedError(`Fetching ${name} was aborted`, { cause });
    const reason = (cause as Error).cause instanceof Error ? ((cause as Error).cause as Error) : (cause as Error);
    throw new InternVLError("FILE_NOT_FOUND", {
      what: `${name} could not be fetched: ${reason.message}`,
      fix: "Check the address and the connection.",
      cause,
    });
  }
}
