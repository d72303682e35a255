import { basename } from "node:path";
import { load_image, type RawImage } from "internvl";

export interface Picture {
  /** As the person wrote it. */
  source: string;
  image: RawImage;
}

export async function loadPicture(source: string, options: { signal?: AbortSignal } = {}): Promise<Picture> {
  return { source, image: await load_image(source, options) };
}

/** `"photo.jpg (640 x 480)"` */
export function describePicture({ source, image }: Picture): string {
  return `${basename(source)} (${image.width} x ${image.height})`;
}
