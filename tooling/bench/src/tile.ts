import { RawImage, type Tensor } from "@internvl/core";
import { InternVL2_5ImageProcessor } from "@internvl/image-processor";
import { synthesisePixels } from "./pixels.js";

/** float32 `[1, 3, size, size]` */
export async function oneTile(size: number): Promise<Tensor> {
  const image = new RawImage(synthesisePixels(size, size), size, size, 3);
  const { pixel_values } = await new InternVL2_5ImageProcessor({ size })(image);
  return pixel_values;
}
