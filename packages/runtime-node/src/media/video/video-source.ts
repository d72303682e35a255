import { open, stat } from "node:fs/promises";
import type { VideoSource } from "@internvl/core";
import { type OpenedVideo, openVideoSource, type VideoSourcePlatform } from "@internvl/video";
import { FilePathSource } from "mediabunny";
import { expandPath } from "../../files/store.js";
import { UNREACHABLE, unreadablePath } from "../source.js";

/** A video that can be read in parts, or a folder of pictures. */
export type OpenedSource = OpenedVideo<Uint8Array | string> | { name: string; folder: string };

const PLATFORM: VideoSourcePlatform<OpenedSource> = {
  expected: "a path, a URL, bytes or a Blob",
  unreachable: UNREACHABLE,
  openPath,
};

/** @throws InternVLError `FILE_NOT_FOUND`, `VIDEO_INVALID` (no source at all) */
export function openSource(source: VideoSource, signal: AbortSignal | undefined): Promise<OpenedSource> {
  return openVideoSource(source, PLATFORM, signal);
}

async function openPath(text: string, name: string): Promise<OpenedSource> {
  const path = expandPath(text);
  try {
    if ((await stat(path)).isDirectory()) return { name, folder: path };
    const source = new FilePathSource(path);
    return { name, source, head: (bytes) => readHead(path, bytes), whole: async () => path };
  } catch (cause) {
    throw unreadablePath(name, cause);
  }
}

async function readHead(path: string, bytes: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
