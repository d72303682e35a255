import type { RawImage } from "@internvl/core";

const INFO_HEADER = 40;
const BIT_FIELDS = 3;

/** 5 bits a channel, when the header gives no masks. */
const DEFAULT_BITS = [5, 5, 5];

/**
 * Browsers round when they widen the 5 or 6 bits of a 16-bit BMP to 8, Pillow rounds down: makes Pillow's values of them.
 * Changes `image`, which is RGBA; other BMPs stay as they are.
 */
export function roundDownBmp16(image: RawImage, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(14, true) < INFO_HEADER || view.getUint16(28, true) !== 16) return;
  const masked = view.getUint32(30, true) === BIT_FIELDS;
  const bits = masked ? [54, 58, 62].map((at) => countBits(view.getUint32(at, true))) : DEFAULT_BITS;
  bits.forEach((count, channel) => {
    const largest = 2 ** count - 1;
    const table = Uint8Array.from({ length: 256 }, (_, value) =>
      largest === 0 ? 0 : Math.floor((Math.round((value * largest) / 255) * 255) / largest),
    );
    for (let at = channel; at < image.data.length; at += 4) image.data[at] = table[image.data[at]!]!;
  });
}

function countBits(mask: number): number {
  return mask.toString(2).replaceAll("0", "").length;
}
