import { InternVLError } from "./errors.js";

/** The kinds of pictures that are told apart. */
export type ImageFormat = "jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp" | "avif";

/** What files start with. Names and content types lie; these do not. */
const SIGNATURES: readonly [ImageFormat, string, RegExp][] = [
  ["jpeg", "JPEG", /^\xff\xd8\xff/],
  ["png", "PNG", /^\x89PNG\r\n.\n/],
  ["webp", "WebP", /^RIFF.{4}WEBP/s],
  ["gif", "GIF", /^GIF8[79]a/],
  ["tiff", "TIFF", /^(II[*+]\0|MM\0[*+])/],
  ["bmp", "BMP", /^BM/],
  ["avif", "AVIF", /^.{4}ftypavi[fs]/s],
];

/** What else is met, with its name, so that the message can say it. */
const OTHERS: readonly [string, RegExp][] = [
  ["a HEIC picture", /^.{4}ftyp(hei|hev|mif1|msf1)/s],
  ["an SVG drawing", /^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg[\s>]/is],
  ["a web page", /^\s*<(!doctype html|html)/i],
  ["a PDF document", /^%PDF/],
];

/** How many bytes are looked at: an SVG may begin with a long comment. */
const HEAD = 1024;

/** The format that the first bytes say, or undefined. 12 bytes are enough. */
export function sniffImage(bytes: Uint8Array): ImageFormat | undefined {
  const head = latin1(bytes);
  return SIGNATURES.find(([, , signature]) => signature.test(head))?.[0];
}

/**
 * The format of a picture, one of those that can be decoded.
 *
 * @throws InternVLError `IMAGE_INVALID` that says what the bytes look like instead
 */
export function assertImageFormat<Format extends ImageFormat>(
  bytes: Uint8Array,
  name: string,
  decoded: readonly Format[],
): Format {
  const found = sniffImage(bytes);
  const format = decoded.find((candidate) => candidate === found);
  if (format !== undefined) return format;
  const names = SIGNATURES.filter(([candidate]) => decoded.includes(candidate as Format)).map(([, shown]) => shown);
  throw new InternVLError("IMAGE_INVALID", {
    what: `${name} is no picture that can be decoded here`,
    expected: `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`,
    got: found === undefined ? describe(latin1(bytes)) : `a ${found.toUpperCase()} picture`,
    fix: "Check the file, or save the picture as PNG or JPEG.",
  });
}

/** The head, one character a byte. TextDecoder's "latin1" is windows-1252 and would not do. */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, HEAD));
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
