import { sha256 as sha256OfBytes } from "@internvl/core";

/** SHA-256 in hexadecimal, of a text as UTF-8 or of the bytes of an array. */
export function sha256(data: string | ArrayBufferView): Promise<string> {
  return sha256OfBytes(typeof data === "string" ? new TextEncoder().encode(data) : data);
}

export function hashAll(arrays: readonly ArrayBufferView<ArrayBufferLike>[]): Promise<string[]> {
  return Promise.all(arrays.map(sha256));
}
