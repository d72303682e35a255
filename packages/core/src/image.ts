import { InternVLError } from "./errors.js";

/** Decoded pixels: 8 bits a channel, rows from top to bottom, channels interleaved. */
export class RawImage {
  /** `height * width * channels` bytes. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB, 4 RGBA (alpha not premultiplied). */
  readonly channels: 1 | 3 | 4;

  constructor(data: Uint8Array | Uint8ClampedArray, width: number, height: number, channels: 1 | 3 | 4) {
    if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
      throw new InternVLError("IMAGE_INVALID", {
        what: "An image has no pixels",
        expected: "a width and a height of at least 1",
        got: `${width} x ${height}`,
      });
    }
    if (channels !== 1 && channels !== 3 && channels !== 4) {
      throw new InternVLError("IMAGE_INVALID", {
        what: "An image has a number of channels that is not known here",
        expected: "1 (grey), 3 (RGB) or 4 (RGBA)",
        got: String(channels),
      });
    }
    if (data.length !== width * height * channels) {
      throw new InternVLError("IMAGE_INVALID", {
        what: "An image's data do not fit its size",
        expected: `${width} x ${height} x ${channels} = ${width * height * channels} bytes`,
        got: String(data.length),
      });
    }
    this.data = data instanceof Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.length);
    this.width = width;
    this.height = height;
    this.channels = channels;
  }

  /** `[width, height]`, as PIL's `Image.size`. */
  get size(): [number, number] {
    return [this.width, this.height];
  }
}
