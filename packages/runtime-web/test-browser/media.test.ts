import type { DecodeOptions } from "@internvl/core";
import { webMedia } from "@internvl/runtime-web";
import { describe, expect, it } from "vitest";
import table from "../../runtime-node/test/fixtures/images.json";
import { sha256 } from "./sha256.js";

type Expected = Required<Pick<DecodeOptions, "alpha" | "exif">> & { width: number; height: number; sha256: string };

/** Browsers know no TIFF. */
const pictures = Object.entries(table as unknown as Record<string, Expected[]>).filter(
  ([name]) => !name.endsWith(".tiff"),
);
const address = (name: string) => new URL(`../../runtime-node/test/fixtures/images/${name}`, import.meta.url);

describe("the bytes of runtime-node, which are Pillow's", () => {
  for (const [name, rows] of pictures) {
    it.each(rows)(`${name}, alpha $alpha, exif $exif`, async ({ alpha, exif, ...expected }) => {
      const { data, width, height } = await webMedia.decodeImage(address(name), { alpha, exif });
      expect({ width, height, sha256: await sha256(data) }).toEqual(expected);
    });
  }
});

it("overlooks the transparent colour of 16-bit RGB, as Pillow does", async () => {
  // Two pixels, the first of which the file declares transparent.
  const png =
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABEAIAAAAr0DSeAAAABnRSTlMSNFZ4mryJ5E7mAAAAFUlEQVR4nGMQMgmrmLXnPwMDY0MDABwmBGuizDKFAAAAAElFTkSuQmCC";
  for (const alpha of ["composite", "drop"] as const) {
    const { data } = await webMedia.decodeImage(`data:image/png;base64,${png}`, { alpha });
    expect([...data]).toEqual([0x12, 0x56, 0x9a, 0xff, 0x00, 0x80]);
  }
});
