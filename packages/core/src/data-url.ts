import { InternVLError } from "./errors.js";

/**
 * The bytes of a data URL. Not with `fetch`, which a page's policy (connect-src) would have to allow.
 *
 * @param name how messages name it
 * @param code of the error for what is no data URL
 */
export function readDataUrl(url: string, name: string, code: "IMAGE_INVALID" | "VIDEO_INVALID"): Uint8Array {
  try {
    const comma = url.indexOf(",");
    if (comma === -1) throw new Error("there is no comma");
    const text = unescaped(url.slice(comma + 1));
    const isBase64 = /;\s*base64$/i.test(url.slice(0, comma));
    return Uint8Array.from(isBase64 ? atob(text) : text, (character) => character.charCodeAt(0));
  } catch (cause) {
    const kind =
      code === "IMAGE_INVALID" ? "data:image/png;base64, and the picture" : "data:video/mp4;base64, and the video";
    throw new InternVLError(code, {
      what: `${name} is no valid data URL: ${(cause as Error).message}`,
      expected: `${kind} in base64`,
      cause,
    });
  }
}

/** One character a byte: what is escaped need not be UTF-8. */
function unescaped(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
