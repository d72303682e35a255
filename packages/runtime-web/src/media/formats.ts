/** The formats that Chromium, Firefox and Safari decode alike. */
export const DECODED = ["jpeg", "png", "webp", "gif", "bmp", "avif"] as const;

export type ImageFormat = (typeof DECODED)[number];
