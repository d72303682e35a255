import type { DecodeOptions } from "../media.js";

/** A picture of the media suite and what it must decode to. */
export interface ContractPicture {
  name: string;
  base64: string;
  expected: readonly {
    alpha: NonNullable<DecodeOptions["alpha"]>;
    exif: NonNullable<DecodeOptions["exif"]>;
    width: number;
    height: number;
    /** Of `height * width * 3` bytes. */
    sha256: string;
  }[];
}

/** SHA-256 in hexadecimal. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
