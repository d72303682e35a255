/**
 * SHA-256 of an array's bytes, in hexadecimal. They are read at once. Only where there is `crypto.subtle`: not in a page that
 * is no secure context.
 */
export async function sha256(data: ArrayBufferView): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest("SHA-256", data as ArrayBufferView<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
