import { throwIfAborted } from "@internvl/core";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** What the content of a file must hash to. Git's hash is that of `blob SIZE\0` and the content. */
export interface Checksum {
  kind: "sha256" | "git-sha1";
  hex: string;
}

/** How much is hashed between two turns of the event loop: some 10 ms. */
const CHUNK = 2 * 1024 * 1024;

/** Hashes a Blob piece by piece, which the browser's own digest cannot. `hashed` hears the bytes of each. */
export async function hashBlob(
  blob: Blob,
  kind: Checksum["kind"],
  { signal, hashed }: { signal?: AbortSignal; hashed?: (bytes: number) => void } = {},
): Promise<string> {
  const hash = kind === "sha256" ? sha256.create() : sha1.create();
  if (kind === "git-sha1") hash.update(new TextEncoder().encode(`blob ${blob.size}\0`));
  for (let at = 0; at < blob.size; at += CHUNK) {
    throwIfAborted(signal, "The transfer was aborted");
    const bytes = new Uint8Array(await blob.slice(at, at + CHUNK).arrayBuffer());
    hash.update(bytes);
    hashed?.(bytes.length);
  }
  return [...hash.digest()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
