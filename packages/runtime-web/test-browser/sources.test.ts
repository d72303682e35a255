import type { DecodeOptions, ErrorCode, ImageSource } from "@internvl/core";
import { webMedia } from "@internvl/runtime-web";
import { afterEach, describe, expect, it, vi } from "vitest";

const picture = new URL("../../runtime-node/test/fixtures/images/s_1bit.png", import.meta.url);

/** What the server answers in one test. */
const answer = (body: BodyInit | null, init: ResponseInit = {}) =>
  vi.stubGlobal("fetch", async () => new Response(body, init));

afterEach(() => vi.unstubAllGlobals());

describe("addresses", () => {
  it("are URLs, strings, and relative to the page", async () => {
    for (const source of [picture, picture.href, picture.pathname]) {
      expect((await webMedia.decodeImage(source)).size).toEqual([130, 70]);
    }
  });

  it("may be those of a blob, which needs no type", async () => {
    const url = URL.createObjectURL(await (await fetch(picture)).blob());
    expect((await webMedia.decodeImage(url)).size).toEqual([130, 70]);
    URL.revokeObjectURL(url);
  });

  it("that are not answered are named, and so is what is answered instead", async () => {
    answer("no", { status: 404 });
    await expectError("/a.png", "FILE_NOT_FOUND", ["/a.png", "status 404"]);
    answer("<!doctype html><p>Log in</p>");
    await expectError("/a.png", "IMAGE_INVALID", ["/a.png", "a web page"]);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expectError("/a.png", "FILE_NOT_FOUND", ["Failed to fetch", "CORS"]);
  });

  it("are not read when they announce too much", async () => {
    answer("small", { headers: { "content-length": String(2 ** 40) } });
    await expectError("/a.png", "IMAGE_TOO_LARGE", [String(2 ** 40)]);
  });

  it("are no longer waited for after an abort", async () => {
    const controller = new AbortController();
    vi.stubGlobal("fetch", async (_: string, { signal }: RequestInit) => {
      controller.abort();
      signal?.throwIfAborted();
    });
    await expectError("/a.png", "ABORTED", ["/a.png"], { signal: controller.signal });
  });
});

describe("data URLs", () => {
  it("may be long and percent-encoded, and are shortened in messages", async () => {
    await expectError("data:,Dear%20reader", "IMAGE_INVALID", ["Dear reader"]);
    const error = await decodeError(`data:text/plain,${"x".repeat(10_000)}`);
    expect(error.message.length).toBeLessThan(500);
  });

  it("are read without the network, which a page's policy may forbid", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("forbidden")));
    await expectError("data:image/png;base64,AAAA", "IMAGE_INVALID", ["bytes that start with 00 00 00"]);
  });
});

describe("pictures that are refused", () => {
  it("are named by their file and by what they are", async () => {
    await expectError(new File(["version https://git-lfs.github.com"], "photo.jpg"), "IMAGE_INVALID", [
      "photo.jpg",
      '"version https://git-lfs.',
    ]);
    await expectError(bytes("\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "IMAGE_INVALID", ["a HEIC picture"]);
    await expectError(bytes("II*\0\x08\0\0\0"), "IMAGE_INVALID", ["a TIFF picture"]);
    await expectError(7 as never, "IMAGE_INVALID", ["number"]);
  });

  it("say that a header is cut off", async () => {
    await expectError(bytes("\xff\xd8\xff\xe0\0\x10JFIF"), "IMAGE_INVALID", ["cut off JPEG"]);
    await expectError(bytes("RIFF\0\0\0\0WEBPVP9 "), "IMAGE_INVALID", ["cut off WEBP"]);
  });
});

describe("a transparent picture wider than a texture's tile", () => {
  it("keeps every colour, piece by piece", async () => {
    const [width, height] = [4101, 3];
    const data = new Uint8ClampedArray(width * height * 4).map((_, i) => (i % 4 === 3 ? 255 : (i * 7) % 256));
    // One pixel is enough to leave the 2D canvas, and black under it survives that canvas here.
    data.fill(0, 0, 4);
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
    const image = await webMedia.decodeImage(await canvas.convertToBlob(), { alpha: "drop" });
    expect(image.size).toEqual([width, height]);
    expect(image.data).toEqual(new Uint8Array(data.filter((_, i) => i % 4 !== 3)));
  });
});

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

async function expectError(
  source: ImageSource,
  code: ErrorCode,
  parts: readonly string[],
  options?: DecodeOptions,
): Promise<void> {
  const error = await decodeError(source, options);
  expect(error).toMatchObject({ code });
  for (const part of parts) expect(error.message).toContain(part);
}

async function decodeError(source: ImageSource, options?: DecodeOptions): Promise<{ code: string; message: string }> {
  return webMedia.decodeImage(source, options).then(
    () => {
      throw new Error("An error was expected");
    },
    (error) => error,
  );
}
