import { InternVLError, type JsonObject, type JsonValue, type ModelFiles, throwIfAborted } from "@internvl/core";
import { findDuplicateKey } from "./duplicate-key.js";
import { layOut, type SafetensorsEntry } from "./layout.js";

/** What stands at the beginning of a safetensors file, checked against the file's size. */
export interface SafetensorsHeader {
  /** The tensors by name, in the order in which they lie in the file. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  /** `__metadata__`; empty when there is none. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The largest header that is read, in bytes: the reference library's own limit, so that whatever it reads is read here
 * and a length that somebody made up allocates nothing. (The header of a 78B checkpoint's shard is under 100 KB.)
 */
const MAX_HEADER_BYTES = 100_000_000;

const PREFIX_BYTES = 8;
const DOWNLOAD_AGAIN = "Download the file again.";

/**
 * Reads and checks the header of a safetensors file; no weights are read.
 *
 * Format: https://github.com/huggingface/safetensors#format
 *
 * @throws InternVLError `FILE_NOT_FOUND`; `FILE_INVALID` for anything that the reference library refuses as well: cut
 *   off or too long, header past the file's end or over 100 MB, not UTF-8, not JSON, an unknown dtype, a shape that does
 *   not fit its bytes, tensors that overlap or leave a hole, a name that stands twice
 */
export async function readSafetensorsHeader(
  files: ModelFiles,
  path: string,
  options: { signal?: AbortSignal } = {},
): Promise<SafetensorsHeader> {
  throwIfAborted(options.signal);
  const where = `${path} in ${files.name}`;
  const fileBytes = await files.size(path);
  const headerBytes = await readHeaderLength(files, path, fileBytes, options);
  const dataStart = PREFIX_BYTES + headerBytes;
  const text = decode(await files.readRange(path, PREFIX_BYTES, dataStart, options), where);
  const { __metadata__: metadata, ...tensors } = parse(text, where);
  return {
    tensors: layOut(tensors, { where, dataStart, fileBytes }),
    metadata: metadata === undefined ? {} : readMetadata(metadata, where),
  };
}

async function readHeaderLength(
  files: ModelFiles,
  path: string,
  fileBytes: number,
  options: { signal?: AbortSignal },
): Promise<number> {
  const where = `${path} in ${files.name}`;
  if (fileBytes < PREFIX_BYTES) {
    throw new InternVLError("FILE_INVALID", {
      what: `${where} is no safetensors file: it is too short`,
      expected: `at least ${PREFIX_BYTES} bytes`,
      got: `${fileBytes}`,
      fix: DOWNLOAD_AGAIN,
    });
  }
  const prefix = await files.readRange(path, 0, PREFIX_BYTES, options);
  if (new TextDecoder().decode(prefix) === "version ") {
    throw new InternVLError("FILE_INVALID", {
      what: `${where} is a Git LFS pointer, not the file that it stands for`,
      fix: "Run `git lfs pull` in the folder, or download the file from the hub.",
    });
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new InternVLError("FILE_INVALID", {
      what: `${where} is no safetensors file: the length of its header cannot be right`,
      expected: `at most ${MAX_HEADER_BYTES} bytes`,
      got: `${length}`,
      fix: DOWNLOAD_AGAIN,
    });
  }
  const available = fileBytes - PREFIX_BYTES;
  if (length > BigInt(available)) {
    throw new InternVLError("FILE_INVALID", {
      what: `The header of ${where} points past the end of the file: it was cut off, or is no safetensors file`,
      expected: `a header of at most ${available} bytes`,
      got: `${length}`,
      fix: DOWNLOAD_AGAIN,
    });
  }
  return Number(length);
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new InternVLError("FILE_INVALID", {
      what: `The header of ${where} is not text`,
      expected: "UTF-8",
      got: "bytes that are not",
      fix: DOWNLOAD_AGAIN,
      cause,
    });
  }
}

function parse(text: string, where: string): JsonObject {
  let header: JsonValue;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new InternVLError("FILE_INVALID", {
      what: `The header of ${where} is not JSON: ${(cause as Error).message}`,
      fix: DOWNLOAD_AGAIN,
      cause,
    });
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new InternVLError("FILE_INVALID", {
      what: `The header of ${where} does not hold what it should`,
      expected: "a JSON object of tensors",
      got: text.slice(0, 40),
      fix: DOWNLOAD_AGAIN,
    });
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) {
    throw new InternVLError("FILE_INVALID", {
      what: `The header of ${where} names ${JSON.stringify(duplicate)} twice`,
      expected: "every name once",
      fix: DOWNLOAD_AGAIN,
    });
  }
  return header;
}

function readMetadata(value: JsonValue, where: string): Record<string, string> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject || Object.values(value).some((entry) => typeof entry !== "string")) {
    throw new InternVLError("FILE_INVALID", {
      what: `__metadata__ in the header of ${where} does not hold what it should`,
      expected: "an object of strings",
      got: JSON.stringify(value).slice(0, 80),
      fix: DOWNLOAD_AGAIN,
    });
  }
  return value as Record<string, string>;
}
