import { InternVLError, type YuvFrame } from "@internvl/core";

/** As much of a WebCodecs VideoFrame as is read. */
export interface CodecFrame {
  readonly format: string | null;
  readonly timestamp: number;
  readonly visibleRect: { width: number; height: number } | null;
  readonly codedWidth: number;
  readonly codedHeight: number;
  allocationSize(): number;
  copyTo(target: Uint8Array): Promise<{ offset: number; stride: number }[]>;
  close(): void;
}

const KNOWN = "I420, I422, I444 or NV12";

/** Samples of luma for one of chroma. NV12 is 4:2:0 whose two planes of chroma are one, sample by sample. */
const SUBSAMPLINGS: Readonly<Record<string, YuvFrame["subsampling"]>> = {
  I420: [2, 2],
  I422: [2, 1],
  I444: [1, 1],
  NV12: [2, 2],
};

/**
 * The planes of a frame as the decoder gives them: copied, never converted. A plane of alpha is left out.
 *
 * @param remedy what to do about frames of another kind, a sentence
 * @throws InternVLError `UNSUPPORTED`
 */
export async function readPlanes(frame: CodecFrame, remedy: string): Promise<YuvFrame> {
  const [, kind = "", bits] = /^(I420|I422|I444|NV12)A?(?:P(10|12))?$/.exec(frame.format ?? "") ?? [];
  const subsampling = SUBSAMPLINGS[kind];
  if (subsampling === undefined) {
    throw new InternVLError("UNSUPPORTED", {
      what: "The samples of the video are of a kind that is not known here",
      expected: `${KNOWN}, of 8, 10 or 12 bits`,
      got: frame.format ?? "frames that cannot be read",
      fix: remedy,
    });
  }
  const depth = Number(bits ?? 8) as YuvFrame["depth"];
  const { width, height } = frame.visibleRect ?? { width: frame.codedWidth, height: frame.codedHeight };
  const bytes = new Uint8Array(frame.allocationSize());
  const layout = await frame.copyTo(bytes);
  const across = Math.ceil(width / subsampling[0]);
  const down = Math.ceil(height / subsampling[1]);
  const plane = (index: number, columns: number, rows: number): Uint8Array | Uint16Array => {
    const { offset, stride } = layout[index]!;
    const packed = compact(bytes, offset, stride, depth > 8 ? columns * 2 : columns, rows);
    return depth > 8 ? new Uint16Array(packed.slice().buffer) : packed;
  };
  const luma = plane(0, width, height);
  const [blue, red] =
    kind === "NV12" ? splitPairs(plane(1, across * 2, down)) : [plane(1, across, down), plane(2, across, down)];
  return { width, height, planes: [luma, blue!, red!], subsampling, depth };
}

/** Rows without the gaps between them. */
function compact(bytes: Uint8Array, offset: number, stride: number, width: number, height: number): Uint8Array {
  if (stride === width) return bytes.subarray(offset, offset + width * height);
  const plane = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    plane.set(bytes.subarray(offset + row * stride, offset + row * stride + width), row * width);
  }
  return plane;
}

function splitPairs<Samples extends Uint8Array | Uint16Array>(pairs: Samples): [Samples, Samples] {
  const take = (first: number): Samples => pairs.filter((_, at) => at % 2 === first) as Samples;
  return [take(0), take(1)];
}
