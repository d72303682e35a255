import { type DecodeOptions, type ImageSource, RawImage, type Runtime } from "@internvl/core";
import { load_image, load_images } from "@internvl/image-processor";
import { describe, expect, it } from "vitest";
import { formulaImage } from "./images.js";

/** A decoder that answers a string with an image as wide as the string is long, and notes what it was asked. */
function fakeRuntime(): { runtime: Runtime; asked: [ImageSource, DecodeOptions | undefined][] } {
  const asked: [ImageSource, DecodeOptions | undefined][] = [];
  const media = {
    async decodeImage(source: ImageSource, options?: DecodeOptions): Promise<RawImage> {
      asked.push([source, options]);
      return formulaImage(typeof source === "string" ? source.length : 1, 1);
    },
  };
  return { runtime: { name: "fake", media } as unknown as Runtime, asked };
}

describe("load_image", () => {
  it("asks the runtime's decoder and hands on its options", async () => {
    const { runtime, asked } = fakeRuntime();
    const image = await load_image("abc", { runtime, alpha: "drop", exif: "ignore", max_pixels: 9 });
    expect(image.width).toBe(3);
    expect(asked).toEqual([["abc", { alpha: "drop", exif: "ignore", max_pixels: 9 }]]);
  });

  it("needs no runtime for an image that is decoded", async () => {
    const rgba = new RawImage(Uint8Array.of(10, 20, 30, 0), 1, 1, 4);
    expect([...(await load_image(rgba)).data]).toEqual([255, 255, 255]);
    expect([...(await load_image(rgba, { alpha: "drop" })).data]).toEqual([10, 20, 30]);
  });

  it("does not begin after an abort", async () => {
    const { runtime, asked } = fakeRuntime();
    await expect(load_image("a", { runtime, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
    expect(asked).toEqual([]);
  });
});

describe("load_images", () => {
  it("keeps the nesting and the order", async () => {
    const { runtime } = fakeRuntime();
    const pages = await load_images([["a", "bb"], [], ["ccc"]], { runtime });
    expect(pages.map((page) => page.map(({ width }) => width))).toEqual([[1, 2], [], [3]]);
    expect((await load_images("four", { runtime })).width).toBe(4);
  });
});
