import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { throwIfAborted } from "@internvl/core";

/** What the content of a file must hash to. Git's hash is that of `blob SIZE\0` and the content. */
export interface Checksum {
  kind: "sha256" | "git-sha1";
  hex: string;
}

const CHUNK = 4 * 1024 * 1024;

/** The checksum that an etag is; undefined for one that a mirror made up. */
export function checksumOf(etag: string): Checksum | undefined {
  if (/^[0-9a-f]{64}$/.test(etag)) return { kind: "sha256", hex: etag };
  if (/^[0-9a-f]{40}$/.test(etag)) return { kind: "git-sha1", hex: etag };
  return undefined;
}

/** Hashes the file at `path`, piece by piece. `hashed` hears the bytes of each. */
export async function hashFile(
  path: string,
  kind: Checksum["kind"],
  options: { signal?: AbortSignal; hashed?: (bytes: number) => void } = {},
): Promise<string> {
  const handle = await open(path, "r");
  try {
    const hash = createHash(kind === "sha256" ? "sha256" : "sha1");
    if (kind === "git-sha1") hash.update(`blob ${(await handle.stat()).size}\0`);
    const buffer = new Uint8Array(CHUNK);
    for (;;) {
      throwIfAborted(options.signal, "The transfer was aborted");
      const { bytesRead } = await handle.read(buffer, 0, CHUNK);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
      options.hashed?.(bytesRead);
    }
  } finally {
    await handle.close();
  }
}
