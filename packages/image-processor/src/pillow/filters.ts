import { InternVLError } from "@internvl/core";

/** PIL's `Image.Resampling`: the numbers that `resample` takes, here and in preprocessor_config.json. */
export const PILImageResampling = { NEAREST: 0, LANCZOS: 1, BILINEAR: 2, BICUBIC: 3, BOX: 4, HAMMING: 5 } as const;

/** The filters that are computed here. */
export type Resample =
  | typeof PILImageResampling.BILINEAR
  | typeof PILImageResampling.BICUBIC
  | typeof PILImageResampling.BOX;

interface Filter {
  /** Half of the filter's width, in input pixels, when nothing shrinks. */
  support: number;
  at(x: number): number;
}

// Each is a polynomial, so that IEEE doubles give the same bits everywhere. LANCZOS and HAMMING take sines, which
// engines round differently; NEAREST is another algorithm.
const filters: Record<Resample, Filter> = {
  [PILImageResampling.BILINEAR]: { support: 1, at: (x) => Math.max(1 - Math.abs(x), 0) },
  [PILImageResampling.BICUBIC]: { support: 2, at: bicubic },
  [PILImageResampling.BOX]: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
};

/** Keys' cubic convolution with a = -0.5, in Pillow's order of operations. */
function bicubic(x: number): number {
  const a = -0.5;
  const distance = Math.abs(x);
  if (distance < 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
  if (distance < 2) return (((distance - 5) * distance + 8) * distance - 4) * a;
  return 0;
}

/** The filter of a `resample` number. @throws InternVLError `UNSUPPORTED` */
export function resampleFilter(resample: number): Filter {
  const filter = (filters as Record<number, Filter | undefined>)[resample];
  if (filter === undefined) {
    const name = Object.entries(PILImageResampling).find(([, value]) => value === resample)?.[0];
    throw new InternVLError("UNSUPPORTED", {
      what: "This resampling filter is not computed here",
      expected: "resample 3 (BICUBIC), 2 (BILINEAR) or 4 (BOX)",
      got: name === undefined ? JSON.stringify(resample) : `${resample} (${name})`,
      fix: "InternVL 2.5 was trained with BICUBIC.",
    });
  }
  return filter;
}
