import { InternVLError } from "./errors.js";
import { RawImage } from "./image.js";

/** A decoded frame of a video: full-size luma and, unless it is grey, two planes of chroma that may be smaller. */
export interface YuvFrame {
  /** Pixels. */
  width: number;
  height: number;
  /** Luma, then blue and red chroma; rows follow each other without gaps. Samples of more than 8 bits are 16-bit. */
  planes: readonly [y: Samples] | readonly [y: Samples, u: Samples, v: Samples];
  /** Samples of luma for one of chroma: `[2, 2]` is 4:2:0, `[2, 1]` 4:2:2, `[1, 1]` 4:4:4. */
  subsampling: readonly [horizontal: 1 | 2, vertical: 1 | 2];
  /** Bits a sample. */
  depth: 8 | 10 | 12;
}

type Samples = Uint8Array | Uint16Array;

/** What the container or the stream says of the colours, with the names of WebCodecs. */
export interface ColourSpace {
  matrix?: string | null;
  fullRange?: boolean | null;
}

/** The weights of red and blue in luma (ITU-T H.273, table 4). */
const WEIGHTS: Readonly<Record<string, readonly [red: number, blue: number]>> = {
  bt709: [0.2126, 0.0722],
  bt470bg: [0.299, 0.114],
  smpte170m: [0.299, 0.114],
  "bt2020-ncl": [0.2627, 0.0593],
};

/** What is not said counts as BT.601 of limited range, whatever the size: so do FFmpeg and all that Transformers decodes with. */
const UNSAID = "smpte170m";

/**
 * RGB of a frame: ITU-T H.273, equations 38 to 48, in float64, rounded once. Chroma belongs to all pixels that share it
 * (no interpolation), as in FFmpeg's own conversion. Transfer functions are left alone: HDR is not mapped to SDR.
 *
 * The same bytes on every platform, which the platforms' own conversions do not give.
 *
 * @throws InternVLError `UNSUPPORTED` (a matrix that is not known), `VIDEO_INVALID` (planes that do not fit the size)
 */
export function yuvToRgb(frame: YuvFrame, { matrix, fullRange }: ColourSpace): RawImage {
  const weights = WEIGHTS[matrix ?? UNSAID];
  if (weights === undefined) {
    throw new InternVLError("UNSUPPORTED", {
      what: "The colours of the video are of a kind that is not known here",
      expected: Object.keys(WEIGHTS).join(", "),
      got: String(matrix),
      fix: "Convert the video: ffmpeg -i VIDEO -vf format=yuv420p NEW.mp4",
    });
  }
  checkPlanes(frame);
  const { width, height, planes, subsampling } = frame;
  const tables = buildTables(weights, frame.depth, fullRange ?? false);
  const [luma, blue, red] = planes;
  const [across, down] = subsampling;
  const stride = Math.ceil(width / across);
  // A Uint8ClampedArray rounds to the nearest, halves to even, and stays within a byte.
  const rgb = new Uint8ClampedArray(width * height * 3);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / down) * stride;
    for (let x = 0; x < width; x++) {
      const light = tables.luma[luma[y * width + x]!]!;
      const chroma = row + (across === 2 ? x >> 1 : x);
      const u = blue === undefined ? tables.neutral : blue[chroma]!;
      const v = red === undefined ? tables.neutral : red[chroma]!;
      rgb[to] = light + tables.redOfV[v]!;
      rgb[to + 1] = light - tables.greenOfU[u]! - tables.greenOfV[v]!;
      rgb[to + 2] = light + tables.blueOfU[u]!;
      to += 3;
    }
  }
  return new RawImage(rgb, width, height, 3);
}

interface Tables {
  luma: Float64Array;
  redOfV: Float64Array;
  greenOfU: Float64Array;
  greenOfV: Float64Array;
  blueOfU: Float64Array;
  /** The sample that says "no colour". */
  neutral: number;
}

/** What each sample adds to a colour, in levels of a byte. */
function buildTables([kr, kb]: readonly [number, number], depth: number, full: boolean): Tables {
  const unit = 2 ** (depth - 8);
  const neutral = 128 * unit;
  const [black, lumaRange, chromaRange] = full
    ? [0, 2 ** depth - 1, 2 ** depth - 1]
    : [16 * unit, 219 * unit, 224 * unit];
  const table = (value: (sample: number) => number): Float64Array =>
    Float64Array.from({ length: 2 ** depth }, (_, sample) => value(sample));
  const chroma = (factor: number): Float64Array =>
    table((sample) => ((factor * (sample - neutral)) / chromaRange) * 255);
  const kg = 1 - kr - kb;
  return {
    luma: table((sample) => ((sample - black) / lumaRange) * 255),
    redOfV: chroma(2 * (1 - kr)),
    greenOfU: chroma((2 * kb * (1 - kb)) / kg),
    greenOfV: chroma((2 * kr * (1 - kr)) / kg),
    blueOfU: chroma(2 * (1 - kb)),
    neutral,
  };
}

function checkPlanes({ width, height, planes, subsampling: [across, down], depth }: YuvFrame): void {
  const chroma = Math.ceil(width / across) * Math.ceil(height / down);
  const expected = [width * height, chroma, chroma].slice(0, planes.length);
  const lengths = planes.map(({ length }) => length);
  const wide = planes.every((plane) => plane instanceof Uint16Array === depth > 8);
  if (wide && lengths.join() === expected.join()) return;
  throw new InternVLError("VIDEO_INVALID", {
    what: `The planes of a frame do not fit ${width} x ${height} pixels of ${depth} bits`,
    expected: `${expected.join(", ")} samples`,
    got: lengths.join(", "),
  });
}
