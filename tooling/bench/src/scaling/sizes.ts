/** The sizes of one network that its time and memory follow. */
export interface NetworkSize {
  layers: number;
  /** Weights of all products of a layer. */
  weightsPerLayer: number;
  /** Weights of the product with the vocabulary; 0 for a vision tower. */
  head: number;
}

interface VisionShape {
  hidden: number;
  layers: number;
  intermediate: number;
}

interface TextShape extends VisionShape {
  heads: number;
  keyValueHeads: number;
}

/** Queries, keys, values, output, and the two products of the feed-forward part. */
export function visionSize({ hidden, layers, intermediate }: VisionShape): NetworkSize {
  return { layers, weightsPerLayer: 4 * hidden ** 2 + 2 * hidden * intermediate, head: 0 };
}

/** The same with grouped keys and values, and three products of the feed-forward part. */
export function textSize(shape: TextShape, vocabulary: number): NetworkSize {
  const { hidden, layers, heads, keyValueHeads, intermediate } = shape;
  const keyWidth = (hidden / heads) * keyValueHeads;
  const weightsPerLayer = 2 * hidden ** 2 + 2 * hidden * keyWidth + 3 * hidden * intermediate;
  return { layers, weightsPerLayer, head: vocabulary * hidden };
}

/** What was measured with the same network cut to two numbers of layers. */
export interface CutPoint {
  layers: number;
  ms: number;
}

/** The time of a network of `layers`, when each layer costs what the ones between the two points do. */
export function extrapolate([few, more]: readonly [CutPoint, CutPoint], layers: number): number {
  const perLayer = (more.ms - few.ms) / (more.layers - few.layers);
  return few.ms + perLayer * (layers - few.layers);
}

/** The time of another network, when each weight costs what it does in a network that was measured. */
export function byWeights(measured: { size: NetworkSize; ms: number }, other: NetworkSize): number {
  return (measured.ms * weightsOf(other)) / weightsOf(measured.size);
}

export function weightsOf({ layers, weightsPerLayer, head }: NetworkSize): number {
  return layers * weightsPerLayer + head;
}
