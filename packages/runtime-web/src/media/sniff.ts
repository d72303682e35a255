import { InternVLError } from "@internvl/core";

/** The formats that Chromium, Firefox and Safari decode alike. */
export type ImageFormat = "jpeg" | "png" | "webp" | "gif" | "bmp" | "avif";

/** What files start with (`.` stands for any byte). Names and content types lie; these do not. */
const SIGNATURES: readonly [ImageFormat, RegExp][] = [
  ["jpeg", /^\xff\xd8\xff/],
  ["png", /^\x89PNG\r\n.\n/],
  ["gif", /^GIF8[79]a/],
  ["webp", /^RIFF.{4}WEBP/s],
  ["avif", /^.{4}ftypavi[fs]/s],
  ["bmp", /^BM/],
];

/** What else is met, with its name, so that the message can say it. */
const OTHERS: readonly [string, RegExp][] = [
  ["a TIFF picture", /^(II[*+]\0|MM\0[*+])/],
  ["a HEIC picture", /^.{4}ftyp(hei|hev|mif1|msf1)/s],
  ["an SVG drawing", /^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg[\s>]/is],
  ["a web page", /^\s*<(!doctype html|html)/i],
  ["a PDF document", /^%PDF/],
];

/** How many bytes are looked at: an SVG may begin with a long comment. */
const HEAD = 1024;

/**
 * The format that the first bytes say.
 *
 * @throws InternVLError `IMAGE_INVALID` that says what the bytes look like instead
 */
export function sniffImage(bytes: Uint8Array, name: string): ImageFormat {
  const head = latin1(bytes.subarray(0, HEAD));
  const found = SIGNATURES.find(([, signature]) => signature.test(head));
  if (found !== undefined) return found[0];
  throw new InternVLError("IMAGE_INVALID", {
    what: `${name} is no picture that can be decoded here`,
    expected: "JPEG, PNG, WebP, GIF, BMP or AVIF",
    got: describe(head),
    fix: "Check the file, or save the picture as PNG or JPEG.",
  });
}

/** One character a byte. TextDecoder's "latin1" is windows-1252 and would not do. */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function describe(head: string): string {
  if (head === "") return "an empty file";
  const other = OTHERS.find(([, signature]) => signature.test(head));
  if (other !== undefined) return other[0];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells text from the rest.
  if (!/[\x00-\x08\x0e-\x1f\x7f]/.test(head)) return `text that starts with ${JSON.stringify(head.slice(0, 24))}`;
  const hex = [...head.slice(0, 8)].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0"));
  return `bytes that start with ${hex.join(" ")}`;
}
