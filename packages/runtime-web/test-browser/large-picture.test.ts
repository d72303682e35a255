import { webMedia } from "@internvl/runtime-web";
import { expect, it } from "vitest";

/** A PNG of these colours, each a column as wide as the picture has room for. */
async function columns(width: number, height: number, colours: readonly string[]): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d")!;
  for (const [index, colour] of colours.entries()) {
    context.fillStyle = colour;
    context.fillRect((index * width) / colours.length, 0, width / colours.length, height);
  }
  return canvas.convertToBlob({ type: "image/png" });
}

it.each([
  ["opaque", ["#ff0000", "#00ff00", "#0000ff", "#102030"]],
  ["transparent in part", ["#ff0000", "#00ff0080", "#0000ff", "#102030"]],
])("a picture of 20,000 pixels in a row is decoded: %s", async (_, colours) => {
  const image = await webMedia.decodeImage(await columns(20_000, 40, colours), { alpha: "drop" });
  expect(image.size).toEqual([20_000, 40]);
  for (const [index, colour] of colours.entries()) {
    const expected = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
    for (const x of [index * 5000, index * 5000 + 4999]) {
      const at = 3 * (39 * 20_000 + x);
      expect([...image.data.subarray(at, at + 3)]).toEqual(expected);
    }
  }
});

it("a picture of 20,000 x 20,000 is refused before a pixel is decoded", async () => {
  const header = new Uint8Array(await (await columns(8, 8, ["#000000"])).arrayBuffer());
  // The IHDR chunk's width and height.
  const view = new DataView(header.buffer);
  view.setUint32(16, 20_000);
  view.setUint32(20, 20_000);
  await expect(webMedia.decodeImage(header)).rejects.toMatchObject({
    code: "IMAGE_TOO_LARGE",
    message: expect.stringMatching(/20000 x 20000|400,?000,?000/),
  });
});
