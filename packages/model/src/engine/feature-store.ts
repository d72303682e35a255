import { type ByteStore, sha256 } from "@internvl/core";

/** Bytes of a SHA-256 in hexadecimal, in front of the features that it is of. */
const DIGEST_BYTES = 64;

/**
 * Features of tiles that other programs have encoded with the same encoder, on disk. A file that was cut off or changed is
 * as one that is not there. What cannot be read or written is counted, and no reason to fail: it can be encoded.
 */
export class FeatureStore {
  readonly #bytes: ByteStore;
  readonly #encoder: () => Promise<string>;
  readonly #length: number;
  /** Files that could not be read or written. */
  failures = 0;

  /**
   * @param encoder what tells the encoder from others, its weights included
   * @param length numbers of a tile's features
   */
  constructor(bytes: ByteStore, encoder: () => Promise<string>, length: number) {
    this.#bytes = bytes;
    this.#encoder = encoder;
    this.#length = length;
  }

  /** float32 `[tokens * hidden]` of the tile with this digest. */
  async get(tile: string): Promise<Float32Array | undefined> {
    const file = await this.#attempt((name) => this.#bytes.get(name), tile);
    const length = DIGEST_BYTES + this.#length * Float32Array.BYTES_PER_ELEMENT;
    if (file === undefined || file.length !== length) return undefined;
    // Copied: a Float32Array must be aligned, and this is sent to no other thread with what is beside it.
    const content = file.slice(DIGEST_BYTES);
    const expected = new TextDecoder().decode(file.subarray(0, DIGEST_BYTES));
    return (await sha256(content)) === expected ? new Float32Array(content.buffer) : undefined;
  }

  async put(tile: string, features: Float32Array<ArrayBuffer>): Promise<void> {
    const content = new Uint8Array(features.buffer, features.byteOffset, features.byteLength);
    const file = new Uint8Array(DIGEST_BYTES + content.length);
    file.set(new TextEncoder().encode(await sha256(content)));
    file.set(content, DIGEST_BYTES);
    await this.#attempt((name) => this.#bytes.put(name, file), tile);
  }

  async #attempt<Value>(access: (name: string) => Promise<Value>, tile: string): Promise<Value | undefined> {
    try {
      return await access(await sha256(new TextEncoder().encode(`${await this.#encoder()} ${tile}`)));
    } catch {
      this.failures++;
      return undefined;
    }
  }
}
