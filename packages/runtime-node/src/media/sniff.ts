import { InternVLError } from "@internvl/core";

export type ImageFormat = "jpeg" | "png" | "webp" | "gif" | "tiff" | "bmp" | "avif";

/** What files start with (`.` stands for any byte). Names and content types lie; these do not. */
const SIGNATURES: readonly [ImageFormat, string][] = [
  ["jpeg", "\xff\xd8\xff"],
  ["png", "\x89PNG\r\n\x1a\n"],
  ["gif", "GIF87a"],
  ["gif", "GIF89a"],
  ["webp", "RIFF....WEBP"],
  ["tiff", "II*\0"],
  ["tiff", "MM\0*"],
  ["tiff", "II+\0"],
  ["tiff", "MM\0+"],
  ["avif", "....ftypavif"],
  ["avif", "....ftypavis"],
  ["bmp", "BM"],
];

const SUPPORTED = "JPEG, PNG, WebP, GIF, TIFF, BMP or AVIF";

/** The format that the first bytes say, or undefined. */
export function sniffImage(bytes: Uint8Array): ImageFormat | undefined {
  return SIGNATURES.find(([, signature]) => startsWith(bytes, signature))?.[0];
}

/** @throws InternVLError `IMAGE_INVALID` that says what the bytes look like instead */
export function assertSupported(format: ImageFormat | undefined, bytes: Uint8Array, name: string): ImageFormat {
  if (format !== undefined) return format;
  throw new InternVLError("IMAGE_INVALID", {
    what: `${name} is no picture that can be decoded here`,
    expected: SUPPORTED,
    got: describeBytes(bytes),
    fix: "Check the file, or save the picture as PNG or JPEG.",
  });
}

function startsWith(bytes: Uint8Array, signature: string): boolean {
  if (bytes.length < signature.length) return false;
  for (let i = 0; i < signature.length; i++) {
    if (signature[i] !== "." && signature.charCodeAt(i) !== bytes[i]) return false;
  }
  return true;
}

function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  const head = bytes.subarray(0, 1024);
  const text = new TextDecoder("latin1").decode(head);
  if (/^....ftyp(hei|hev|mif1|msf1)/s.test(text)) return "a HEIC picture";
  if (/^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg[\s>]/is.test(text)) return "an SVG drawing";
  if (/^\s*<(!doctype html|html)/i.test(text)) return "a web page";
  if (text.startsWith("%PDF")) return "a PDF document";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells text from the rest.
  if (!/[\x00-\x08\x0e-\x1f\x7f]/.test(text)) return `text that starts with ${JSON.stringify(text.slice(0, 24))}`;
  const hex = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `bytes that start with ${hex.join(" ")}`;
}
