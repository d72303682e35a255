/** The sharpness of PyTorch's bicubic kernel (Pillow's is -0.5). */
const A = -0.75;

/** What one output position takes of the inputs along one axis: four neighbours, at the borders repeated. */
interface Tap {
  readonly index: number;
  readonly weight: number;
}

/**
 * `torch.nn.functional.interpolate(mode="bicubic", align_corners=False)` of a square grid, without antialiasing.
 *
 * @param grid float `[from, from, channels]`, row-major
 * @returns float32 `[to, to, channels]`
 */
export function resizeBicubic(grid: Float32Array, from: number, to: number, channels: number): Float32Array {
  const taps = Array.from({ length: to }, (_, position) => tapsOf(position, from, to));
  const rows = new Float64Array(from * to * channels);
  for (let y = 0; y < from; y++) {
    for (let x = 0; x < to; x++) {
      for (const { index, weight } of taps[x]!) {
        const source = (y * from + index) * channels;
        const target = (y * to + x) * channels;
        for (let c = 0; c < channels; c++) rows[target + c]! += weight * grid[source + c]!;
      }
    }
  }
  const resized = new Float64Array(to * to * channels);
  for (let y = 0; y < to; y++) {
    for (const { index, weight } of taps[y]!) {
      const source = index * to * channels;
      const target = y * to * channels;
      for (let i = 0; i < to * channels; i++) resized[target + i]! += weight * rows[source + i]!;
    }
  }
  return Float32Array.from(resized);
}

function tapsOf(position: number, from: number, to: number): Tap[] {
  const place = (position + 0.5) * (from / to) - 0.5;
  const first = Math.floor(place);
  const t = place - first;
  return [-1, 0, 1, 2].map((step) => ({
    index: Math.min(from - 1, Math.max(0, first + step)),
    weight: kernel(Math.abs(t - step)),
  }));
}

/** Keys' cubic convolution (1981). */
function kernel(x: number): number {
  return x <= 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
}
