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
