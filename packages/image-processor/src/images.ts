import { InternVLError, type RawImage } from "@internvl/core";

/** One value, or lists of values nested to any depth. */
export type Nested<Value> = Value | readonly Nested<Value>[];

/** Whether `value` is a RawImage, from whichever copy of @internvl/core. */
export function isRawImage(value: unknown): value is RawImage {
  if (typeof value !== "object" || value === null) return false;
  const { data, width, height, channels } = value as Partial<RawImage>;
  return data instanceof Uint8Array && isNumber(width) && isNumber(height) && isNumber(channels);
}

/**
 * All images of nested lists, in order.
 *
 * @throws InternVLError `INPUT_INVALID` for anything that is not decoded, and when there is no image at all
 */
export function flattenImages(images: Nested<RawImage>): RawImage[] {
  const flat: RawImage[] = [];
  collect(images, "images", flat);
  if (flat.length === 0) {
    throw new InternVLError("INPUT_INVALID", {
      what: "There is no image to preprocess",
      expected: "at least one RawImage",
      got: "empty lists",
    });
  }
  return flat;
}

function collect(value: unknown, where: string, flat: RawImage[]): void {
  if (isRawImage(value)) {
    flat.push(value);
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      collect(item, `${where}[${index}]`, flat);
    });
  } else {
    throw new InternVLError("INPUT_INVALID", {
      what: `${where} is not a decoded image`,
      expected: "a RawImage or nested lists of them",
      got: describe(value),
      fix: "Decode paths, URLs, bytes and Blobs first: await load_image(source), or await load_images(sources).",
    });
  }
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value !== "object" || value === null) return String(value);
  return `a ${value.constructor?.name ?? "plain object"}`;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
