/** Mean and deviation of what the picture's channels look like after the usual normalisation: about 0 and 1. */
const [MEAN, DEVIATION] = [0.45, 0.225];

/**
 * A tile that is the same everywhere, `[channels, size, size]`: a gradient in each channel, and a disc with a sharp edge over
 * its upper left, where the tokens are that are compared.
 */
export function checkPixels(channels: number, size: number): Float32Array {
  const pixels = new Float32Array(channels * size * size);
  for (let index = 0; index < pixels.length; index++) {
    const channel = Math.floor(index / (size * size));
    const [x, y] = [(index % size) / size, (Math.floor(index / size) % size) / size];
    const inside = (x - 0.3) ** 2 + y ** 2 < 0.04;
    const gradient = [x, y, 1 - (x + y) / 2][channel % 3]!;
    pixels[index] = ((inside ? 0.8 / (1 + channel) : gradient) - MEAN) / DEVIATION;
  }
  return pixels;
}
