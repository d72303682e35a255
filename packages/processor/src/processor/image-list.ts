import { type ImageSource, InternVLError, RawImage } from "@internvl/core";

/** One picture, a list of pictures, or one list for each text. */
export type ImageInput = ImageSource | readonly ImageSource[] | readonly (readonly ImageSource[])[];

interface ImageList {
  /** All pictures, in order. */
  images: ImageSource[];
  /** How many of them belong to each text; null when the caller did not say (one flat list). */
  per_text: number[] | null;
}

/** @throws InternVLError `INPUT_INVALID` for a mixture of pictures and lists, or an entry that is no picture */
export function flattenImages(input: ImageInput | null | undefined): ImageList {
  if (input === null || input === undefined) return { images: [], per_text: null };
  if (!Array.isArray(input)) return { images: [checkSource(input as ImageSource, 0)], per_text: null };
  const nested = input.filter((entry) => Array.isArray(entry)) as ImageSource[][];
  if (nested.length === 0) return { images: input.map(checkSource), per_text: null };
  if (nested.length < input.length) {
    throw new InternVLError("INPUT_INVALID", {
      what: "images mixes pictures and lists of pictures",
      expected: "one list of pictures, or one list for each text",
      got: `${nested.length} lists among ${input.length} entries`,
    });
  }
  return { images: nested.flat().map(checkSource), per_text: nested.map((list) => list.length) };
}

function checkSource(source: ImageSource, index: number): ImageSource {
  const known =
    typeof source === "string" ||
    source instanceof Uint8Array ||
    source instanceof ArrayBuffer ||
    source instanceof URL ||
    source instanceof RawImage ||
    (typeof Blob !== "undefined" && source instanceof Blob);
  if (known) return source;
  throw new InternVLError("INPUT_INVALID", {
    what: `images[${index}] is not a picture`,
    expected: "a path, a URL, bytes, a Blob or a RawImage",
    got: source === null ? "null" : typeof source,
  });
}
