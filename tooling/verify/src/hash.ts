import { createHash } from "node:crypto";

/** SHA-256 in hexadecimal, of a text as UTF-8 or of the bytes of an array. */
export function sha256(data: string | NodeJS.ArrayBufferView): string {
  return createHash("sha256").update(data).digest("hex");
}
