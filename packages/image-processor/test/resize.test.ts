import { RawImage, toRgb } from "@internvl/core";
import { type Resample, resize } from "@internvl/image-processor";
import { describe, expect, it } from "vitest";
import pillow from "./fixtures/pillow.json" with { type: "json" };
import pillow13 from "./fixtures/pillow-13.json" with { type: "json" };
import { formulaImage, sha256 } from "./images.js";

describe("resize", () => {
  it.each(pillow.resize as [number, number, number, number, Resample, string][])(
    "%i x %i to %i x %i with filter %i gives Pillow's bytes",
    async (width, height, toWidth, toHeight, resample, expected) => {
      const resized = await resize(formulaImage(width, height), toWidth, toHeight, { resample });
      expect(resized.size).toEqual([toWidth, toHeight]);
      expect(sha256(resized.data)).toBe(expected);
    },
  );

  it.each(pillow13.resize as [number, number, number, number, Resample, string][])(
    "%i x %i to %i x %i with filter %i gives Pillow 13's bytes",
    async (width, height, toWidth, toHeight, resample, expected) => {
      const resized = await resize(formulaImage(width, height), toWidth, toHeight, { resample, passes: "pillow_13" });
      expect(sha256(resized.data)).toBe(expected);
    },
  );

  it("returns the image itself when it has the size", async () => {
    const image = formulaImage(9, 5);
    expect(await resize(image, 9, 5)).toBe(image);
  });

  it("refuses what is not RGB, empty sizes and filters that are not computed", async () => {
    await expect(resize(formulaImage(4, 4, 4), 2, 2)).rejects.toThrow(/3 channels, got 4/);
    await expect(resize(formulaImage(4, 4), 0, 2)).rejects.toMatchObject({ code: "INPUT_INVALID" });
    const lanczos = resize(formulaImage(4, 4), 2, 2, { resample: 1 as Resample });
    await expect(lanczos).rejects.toMatchObject({ code: "UNSUPPORTED", parts: { got: "1 (LANCZOS)" } });
  });

  it("stops between bands when its signal is aborted", async () => {
    const controller = new AbortController();
    const resized = resize(formulaImage(1500, 1500), 1000, 1000, { signal: controller.signal });
    controller.abort();
    await expect(resized).rejects.toMatchObject({ name: "AbortError", code: "ABORTED" });
  });
});

describe("toRgb", () => {
  // Every colour under every alpha, as make.py has it.
  const rgba = new RawImage(
    Uint8Array.from({ length: 256 * 256 * 4 }, (_, index) => {
      const x = (index >> 2) & 255;
      return [x, 255 - x, x ^ 85, index >> 10][index & 3]!;
    }),
    256,
    256,
    4,
  );

  it("composites on white as Pillow's alpha_composite does", () => {
    expect(sha256(toRgb(rgba).data)).toBe(pillow.alpha.composite);
  });

  it("drops alpha as Pillow's convert does", () => {
    expect(sha256(toRgb(rgba, "drop").data)).toBe(pillow.alpha.drop);
  });

  it("repeats grey and leaves RGB alone", () => {
    expect([...toRgb(new RawImage(Uint8Array.of(7, 9), 2, 1, 1)).data]).toEqual([7, 7, 7, 9, 9, 9]);
    const rgb = formulaImage(3, 3);
    expect(toRgb(rgb)).toBe(rgb);
  });
});
