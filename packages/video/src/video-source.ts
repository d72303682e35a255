import {
  fetchBytes,
  InternVLError,
  readBlob,
  readDataUrl,
  type SourcePlatform,
  shortName,
  type VideoSource,
} from "@internvl/core";
import { BlobSource, BufferSource, type Source, UrlSource } from "mediabunny";

/** Bytes of a remote file that are kept: a stretch between two key frames, seldom more. */
const URL_CACHE_BYTES = 32 * 1024 * 1024;

/** How often a request that failed is made again, and how long that waits, in seconds. */
const RETRIES = 2;
const RETRY_SECONDS = 0.5;

const UNNAMED = "The video";

/** A video that can be read in parts. `Whole` is what stands for all of it: its bytes, or a path where there are paths. */
export interface OpenedVideo<Whole = Uint8Array> {
  /** How messages name it. */
  name: string;
  source: Source;
  /** The first bytes. */
  head(bytes: number): Promise<Uint8Array>;
  whole(): Promise<Whole>;
}

/** What a platform has of its own. */
export interface VideoSourcePlatform<Opened> extends SourcePlatform {
  /** Opens a path; without it every text is an address. */
  openPath?(path: string, name: string): Promise<Opened>;
}

/** @throws InternVLError `FILE_NOT_FOUND`, `VIDEO_INVALID` (no source at all) */
export async function openVideoSource<Opened = never>(
  source: VideoSource,
  platform: VideoSourcePlatform<Opened>,
  signal: AbortSignal | undefined,
): Promise<OpenedVideo | Opened> {
  if (source instanceof Uint8Array) return ofBytes(source, UNNAMED);
  if (source instanceof ArrayBuffer) return ofBytes(new Uint8Array(source), UNNAMED);
  if (source instanceof Blob) return ofBlob(source, source instanceof File ? source.name : UNNAMED);
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new InternVLError("VIDEO_INVALID", {
      what: "This is no video",
      expected: platform.expected,
      got: source === null ? "null" : typeof source,
    });
  }
  const text = String(source);
  const name = shortName(text);
  const { unreachable, openPath } = platform;
  if (/^data:/i.test(text)) return ofBytes(readDataUrl(text, name, "VIDEO_INVALID"), name);
  if (/^blob:/i.test(text)) return ofBytes(await fetchBytes(text, name, { unreachable, signal }), name);
  if (openPath !== undefined && !/^https?:/i.test(text)) return openPath(text, name);
  return ofUrl(text, name, unreachable, signal);
}

function ofBytes(bytes: Uint8Array, name: string): OpenedVideo {
  return {
    name,
    source: new BufferSource(bytes),
    head: async (count) => bytes.subarray(0, count),
    whole: async () => bytes,
  };
}

function ofBlob(blob: Blob, name: string): OpenedVideo {
  return {
    name,
    source: new BlobSource(blob),
    head: (bytes) => readBlob(blob.slice(0, bytes), name),
    whole: () => readBlob(blob, name),
  };
}

/** Only the parts that are needed are fetched, where the server allows that. */
function ofUrl(url: string, name: string, unreachable: string, signal: AbortSignal | undefined): OpenedVideo {
  return {
    name,
    source: new UrlSource(url, {
      maxCacheSize: URL_CACHE_BYTES,
      getRetryDelay: (attempts) => (attempts < RETRIES ? RETRY_SECONDS : null),
    }),
    head: async (most) => {
      const headers = { range: `bytes=0-${most - 1}` };
      return (await fetchBytes(url, name, { unreachable, headers, signal, most })).subarray(0, most);
    },
    whole: () => fetchBytes(url, name, { unreachable, signal }),
  };
}
