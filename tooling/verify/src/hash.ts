/** SHA-256 in hexadecimal, of a text as UTF-8 or of the bytes of an array. */
export async function sha256(data: string | ArrayBufferView<ArrayBufferLike>): Promise<string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const digest = await crypto.subtle.digest("SHA-256", bytes as ArrayBufferView<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function hashAll(arrays: readonly ArrayBufferView<ArrayBufferLike>[]): Promise<string[]> {
  return Promise.all(arrays.map(sha256));
}
