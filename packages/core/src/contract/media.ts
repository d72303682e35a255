import { RawImage } from "../image.js";
import type { MediaDecoder } from "../media.js";
import { sha256 } from "../sha256.js";
import { abortedSignal, errorCode, errorOf, fromBase64, type TestApi } from "./api.js";
import { HUGE_PNG, PICTURES } from "./data.js";

/** The rules of `MediaDecoder` for pictures: the same files give the same bytes, Pillow's, on every platform. */
export function describeMediaContract(api: TestApi, makeDecoder: () => MediaDecoder | Promise<MediaDecoder>): void {
  api.describe("contract: pictures", () => {
    describePixels(api, makeDecoder);
    describeSources(api, makeDecoder);
    describeBadPictures(api, makeDecoder);
  });
}

function describePixels({ it, expect }: TestApi, makeDecoder: () => MediaDecoder | Promise<MediaDecoder>): void {
  for (const picture of PICTURES) {
    for (const { alpha, exif, ...expected } of picture.expected) {
      it(`decodes ${picture.name} as Pillow does, alpha "${alpha}", exif "${exif}"`, async () => {
        const media = await makeDecoder();
        const image = await media.decodeImage(fromBase64(picture.base64), { alpha, exif });
        expect(image.channels).toBe(3);
        expect({ width: image.width, height: image.height, sha256: await sha256(image.data) }).toEqual(expected);
      });
    }
  }

  it("composites and applies EXIF unless it is told otherwise", async () => {
    const media = await makeDecoder();
    for (const name of ["RGBA PNG", "JPEG with EXIF orientation 6"]) {
      const { base64, expected } = pictureNamed(name);
      const { data } = await media.decodeImage(fromBase64(base64));
      const wanted = expected.find(({ alpha, exif }) => alpha === "composite" && exif === "apply");
      expect(await sha256(data)).toBe(wanted?.sha256);
    }
  });
}

function describeSources({ it, expect }: TestApi, makeDecoder: () => MediaDecoder | Promise<MediaDecoder>): void {
  const { base64, expected } = pictureNamed("RGB PNG");
  const bytes = fromBase64(base64);
  const sources = {
    "an ArrayBuffer": new Uint8Array(bytes).buffer,
    "a view into a larger buffer": Uint8Array.of(1, 2, ...bytes, 3).subarray(2, bytes.length + 2),
    "a Blob": new Blob([new Uint8Array(bytes)]),
    "a Blob of a wrong type": new Blob([new Uint8Array(bytes)], { type: "image/jpeg" }),
    "a data URL": `data:image/png;base64,${base64}`,
    "a data URL as a URL": new URL(`data:image/png;base64,${base64}`),
  };
  for (const [name, source] of Object.entries(sources)) {
    it(`decodes ${name}`, async () => {
      const media = await makeDecoder();
      expect(await sha256((await media.decodeImage(source)).data)).toBe(expected[0]?.sha256);
    });
  }

  it("turns decoded pictures into RGB", async () => {
    const media = await makeDecoder();
    const grey = await media.decodeImage(new RawImage(Uint8Array.of(0, 7, 255), 3, 1, 1));
    expect([...grey.data]).toEqual([0, 0, 0, 7, 7, 7, 255, 255, 255]);
    const rgba = new RawImage(Uint8Array.of(10, 20, 30, 0, 10, 20, 30, 128, 10, 20, 30, 255), 3, 1, 4);
    expect([...(await media.decodeImage(rgba)).data]).toEqual([255, 255, 255, 132, 137, 142, 10, 20, 30]);
    const dropped = await media.decodeImage(rgba, { alpha: "drop" });
    expect([...dropped.data]).toEqual([10, 20, 30, 10, 20, 30, 10, 20, 30]);
  });
}

function describeBadPictures({ it, expect }: TestApi, makeDecoder: () => MediaDecoder | Promise<MediaDecoder>): void {
  it("refuses text and says so", async () => {
    const media = await makeDecoder();
    const error = await errorOf(media.decodeImage(new TextEncoder().encode("Dear reader, this is no picture.")));
    expect(error.code).toBe("IMAGE_INVALID");
    expect(error.message.includes("Dear reader")).toBe(true);
    expect(error.message.includes("JPEG")).toBe(true);
  });

  it("refuses an empty file", async () => {
    const media = await makeDecoder();
    expect(await errorCode(media.decodeImage(new Uint8Array()))).toBe("IMAGE_INVALID");
  });

  it("refuses drawings", async () => {
    const media = await makeDecoder();
    const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    expect(await errorCode(media.decodeImage(svg))).toBe("IMAGE_INVALID");
  });

  for (const name of ["RGB PNG", "JPEG 4:2:0", "lossy WebP", "GIF", "BMP"]) {
    it(`refuses a ${name} that is cut off`, async () => {
      const media = await makeDecoder();
      const bytes = fromBase64(pictureNamed(name).base64);
      const half = bytes.subarray(0, Math.floor(bytes.length * 0.6));
      expect(await errorCode(media.decodeImage(half))).toBe("IMAGE_INVALID");
    });
  }

  it("refuses 60,000 x 60,000 pixels before it decodes them", async () => {
    const media = await makeDecoder();
    const error = await errorOf(media.decodeImage(fromBase64(HUGE_PNG)));
    expect(error.code).toBe("IMAGE_TOO_LARGE");
    expect(error.message.includes("60000 x 60000")).toBe(true);
  });

  it("obeys max_pixels", async () => {
    const media = await makeDecoder();
    const { base64, expected } = pictureNamed("JPEG 4:2:0");
    const pixels = expected[0]!.width * expected[0]!.height;
    expect((await media.decodeImage(fromBase64(base64), { max_pixels: pixels })).width).toBe(expected[0]!.width);
    expect(await errorCode(media.decodeImage(fromBase64(base64), { max_pixels: pixels - 1 }))).toBe("IMAGE_TOO_LARGE");
  });

  it("refuses data URLs that are none", async () => {
    const media = await makeDecoder();
    expect(await errorCode(media.decodeImage("data:image/png;base64,*"))).toBe("IMAGE_INVALID");
  });

  it("does not decode when the signal was aborted", async () => {
    const media = await makeDecoder();
    const bytes = fromBase64(pictureNamed("RGB PNG").base64);
    expect(await errorCode(media.decodeImage(bytes, { signal: abortedSignal() }))).toBe("ABORTED");
  });
}

function pictureNamed(name: string): (typeof PICTURES)[number] {
  const picture = PICTURES.find((candidate) => candidate.name === name);
  if (picture === undefined) throw new Error(`There is no picture ${name} in the contract's data`);
  return picture;
}
