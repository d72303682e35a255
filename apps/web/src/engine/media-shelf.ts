import { type LoadedVideo, load_image, load_video, type RawImage } from "internvl";
import type { Medium } from "./protocol.js";

type Decoded = { kind: "picture"; image: RawImage } | { kind: "video"; video: LoadedVideo };

/** Decoded pictures and frames, so that a further question does not decode again. */
export class MediaShelf {
  readonly #decoded = new Map<string, Decoded>();

  /** @throws InternVLError what `load_image` and `load_video` throw */
  async get(medium: Medium, signal?: AbortSignal): Promise<Decoded> {
    const key = mediumKey(medium);
    const found = this.#decoded.get(key) ?? (await decode(medium, signal));
    this.#decoded.set(key, found);
    return found;
  }

  /** Forgets what is not among these. */
  keepOnly(media: readonly Medium[]): void {
    const wanted = new Set(media.map(mediumKey));
    for (const key of this.#decoded.keys()) if (!wanted.has(key)) this.#decoded.delete(key);
  }
}

/** What decides which pixels a medium stands for. */
export function mediumKey({ id, kind, segments }: Medium): string {
  return kind === "video" ? `${id}:${segments}` : id;
}

async function decode({ kind, blob, segments }: Medium, signal?: AbortSignal): Promise<Decoded> {
  if (kind === "picture") return { kind, image: await load_image(blob, { signal }) };
  return { kind, video: await load_video(blob, { num_segments: segments, signal }) };
}
