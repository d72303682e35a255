import type { InternVL2_5Config } from "@internvl/config";
import { InternVLError, type ModelFiles, type Runtime, resolveRuntime, sha256 } from "@internvl/core";
import { FeatureStore } from "./engine/feature-store.js";
import { assertBytes, type ReuseOptions } from "./engine/reuse.js";

/** What decides a tile's features beside its pixels. */
interface EncoderParts {
  files: ModelFiles;
  /** The graph and its external data. */
  paths: readonly string[];
  /** Undefined: the runtime's own. */
  device: string | undefined;
}

const GB = 2 ** 30;

/** How much of a file is in memory at once. */
const PIECE = 16 * 2 ** 20;

/**
 * The features on disk that `feature_cache` asks for.
 *
 * @throws InternVLError `UNSUPPORTED` (a runtime without a disk), `FILE_WRITE_FAILED`, `INPUT_INVALID`
 */
export async function openFeatureStore(
  { num_image_token, text_config }: InternVL2_5Config,
  { feature_cache, runtime: given }: ReuseOptions & { runtime?: Runtime },
  encoder: EncoderParts,
): Promise<FeatureStore | undefined> {
  if (!feature_cache || feature_cache.directory === undefined) return undefined;
  const { directory, directory_max_bytes = GB } = feature_cache;
  assertBytes("feature_cache", directory_max_bytes);
  const runtime = resolveRuntime(given);
  if (runtime.openByteStore === undefined) {
    throw new InternVLError("UNSUPPORTED", {
      what: `The runtime "${runtime.name}" has no disk to keep features on`,
      got: `feature_cache with the directory ${directory}`,
      fix: "Leave directory out: features are kept in memory.",
    });
  }
  const bytes = await runtime.openByteStore(directory, directory_max_bytes);
  let identity: Promise<string> | undefined;
  return new FeatureStore(
    bytes,
    () => {
      identity ??= encoderIdentity(encoder, runtime.name);
      return identity;
    },
    num_image_token * text_config.hidden_size,
  );
}

/**
 * A name for a vision encoder that no other has: of its graph's and its weights' bytes, and of where it runs, because
 * devices round differently. Names, sizes and times of files would not tell a model that was trained on.
 *
 * Reads all weights: about a second a gigabyte, once.
 */
async function encoderIdentity({ files, paths, device }: EncoderParts, runtime: string): Promise<string> {
  // First the version of what is stored.
  const parts = ["1", runtime, device ?? "own device"];
  for (const path of paths) {
    const size = await files.size(path);
    for (let at = 0; at < size; at += PIECE) {
      const piece = await files.readRange(path, at, Math.min(at + PIECE, size));
      parts.push(await sha256(piece));
    }
    parts.push("end of file");
  }
  return sha256(new TextEncoder().encode(parts.join("\n")));
}
