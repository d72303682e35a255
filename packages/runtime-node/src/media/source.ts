import { readFile, stat } from "node:fs/promises";
import {
  AbortedError,
  assertEncodedSize,
  type EncodedImage,
  type ImagePlatform,
  type ImageSource,
  InternVLError,
  type RawImage,
  readEncodedImage,
  type SourcePlatform,
} from "@internvl/core";
import { expandPath } from "../files/store.js";
import { isMissing } from "../files/system-error.js";

export const UNREACHABLE: SourcePlatform["unreachable"] = "Check the address and the connection.";

const PLATFORM: ImagePlatform = {
  expected: "a path, a URL, bytes, a Blob or a RawImage",
  unreachable: UNREACHABLE,
  readPath,
};

/** @throws InternVLError `FILE_NOT_FOUND`, `IMAGE_INVALID` (a data URL that is none), `IMAGE_TOO_LARGE`, `ABORTED` */
export function readSource(source: Exclude<ImageSource, RawImage>, signal?: AbortSignal): Promise<EncodedImage> {
  return readEncodedImage(source, PLATFORM, signal);
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
    throw unreadablePath(name, cause);
  }
}

/** A path to nothing, or to what may not be read. */
export function unreadablePath(name: string, cause: unknown): InternVLError {
  return new InternVLError("FILE_NOT_FOUND", {
    what: isMissing(cause) ? `There is no file ${name}` : `${name} cannot be read: ${(cause as Error).message}`,
    fix: "Check the spelling; a relative path starts at the current directory.",
    cause,
  });
}
