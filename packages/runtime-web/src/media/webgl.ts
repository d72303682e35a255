import { InternVLError } from "@internvl/core";

/** Rows at a time, so that a picture that is larger than a texture may be passes in pieces. */
const TILE = 2048;

/**
 * The RGBA of a bitmap, colours not multiplied by alpha, as a texture takes it and gives it back.
 *
 * @throws InternVLError `UNSUPPORTED` where the browser has no WebGL2
 */
export async function readWithWebGl(bitmap: ImageBitmap, options: ImageBitmapOptions): Promise<Uint8Array> {
  const { width, height } = bitmap;
  const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
  if (gl === null) {
    throw new InternVLError("UNSUPPORTED", {
      what: "The picture is transparent, and this browser has no WebGL2 to read its colours with",
      fix: "Use a picture without transparency, or switch WebGL on.",
    });
  }
  try {
    prepare(gl);
    const pixels = new Uint8Array(width * height * 4);
    for (let top = 0; top < height; top += TILE) {
      for (let left = 0; left < width; left += TILE) {
        const [columns, rows] = [Math.min(TILE, width - left), Math.min(TILE, height - top)];
        const piece = await createImageBitmap(bitmap, left, top, columns, rows, options);
        copyRows(readPiece(gl, piece), columns * 4, pixels, width * 4, (top * width + left) * 4);
        piece.close();
      }
    }
    return pixels;
  } finally {
    // Browsers allow a few contexts a page and forget the oldest.
    gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

function prepare(gl: WebGL2RenderingContext): void {
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
}

function readPiece(gl: WebGL2RenderingContext, piece: ImageBitmap): Uint8Array {
  const { width, height } = piece;
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, piece);
  const { TEXTURE_2D, FRAMEBUFFER, COLOR_ATTACHMENT0 } = gl;
  gl.framebufferTexture2D(FRAMEBUFFER, COLOR_ATTACHMENT0, TEXTURE_2D, gl.getParameter(gl.TEXTURE_BINDING_2D), 0);
  const pixels = new Uint8Array(width * height * 4);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  const error = gl.getError();
  if (error === gl.NO_ERROR) return pixels;
  throw new InternVLError("RUNTIME_FAILED", {
    what: `WebGL could not read the picture's pixels (error ${error})`,
    fix: "Load the page again: the graphics driver may have been reset.",
  });
}

function copyRows(from: Uint8Array, rowBytes: number, to: Uint8Array, stride: number, start: number): void {
  for (let at = 0, target = start; at < from.length; at += rowBytes, target += stride) {
    to.set(from.subarray(at, at + rowBytes), target);
  }
}
