import { RawImage, toRgb } from "@internvl/core";
import { describe, expect, it } from "vitest";

describe("RawImage", () => {
  it("refuses sizes and data that do not fit", () => {
    const invalid = expect.objectContaining({ code: "IMAGE_INVALID" });
    expect(() => new RawImage(new Uint8Array(0), 0, 5, 3)).toThrow(invalid);
    expect(() => new RawImage(new Uint8Array(3), 1.5, 1, 3)).toThrow(invalid);
    expect(() => new RawImage(new Uint8Array(5), 2, 1, 3)).toThrow("Expected 2 x 1 x 3 = 6 bytes, got 5");
    expect(() => new RawImage(new Uint8Array(2), 1, 1, 2 as 3)).toThrow(invalid);
  });

  it("takes a canvas's clamped bytes without a copy", () => {
    const clamped = Uint8ClampedArray.of(1, 2, 3, 4);
    const image = new RawImage(clamped, 1, 1, 4);
    expect(image.data.buffer).toBe(clamped.buffer);
    expect(image.size).toEqual([1, 1]);
  });
});

describe("toRgb", () => {
  it("composites as Pillow does", () => {
    // Image.alpha_composite of these pixels over white, Pillow 11.3: values 0, 1, 37, 128, 254, 255 down, alphas across.
    const values = [0, 1, 37, 128, 254, 255];
    const alphas = [0, 1, 2, 63, 127, 128, 200, 254, 255];
    const expected = [
      [255, 254, 253, 192, 128, 127, 55, 1, 0],
      [255, 254, 253, 192, 128, 128, 56, 2, 1],
      [255, 254, 253, 201, 146, 146, 84, 38, 37],
      [255, 255, 254, 224, 192, 191, 155, 128, 128],
      [255, 255, 255, 255, 255, 254, 254, 254, 254],
      [255, 255, 255, 255, 255, 255, 255, 255, 255],
    ];
    const data = Uint8Array.from(values.flatMap((value) => alphas.flatMap((alpha) => [value, value, value, alpha])));
    const { data: rgb } = toRgb(new RawImage(data, alphas.length, values.length, 4));
    expect([...rgb].filter((_, i) => i % 3 === 0)).toEqual(expected.flat());
    expect([...rgb].filter((_, i) => i % 3 === 2)).toEqual(expected.flat());
  });

  it("returns RGB as it is", () => {
    const image = new RawImage(Uint8Array.of(1, 2, 3), 1, 1, 3);
    expect(toRgb(image)).toBe(image);
  });
});
