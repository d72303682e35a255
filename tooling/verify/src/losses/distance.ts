/** How the logits of one token differ from full precision's. */
export interface TokenDistance {
  /** Whether the most likely token is the same. */
  isSame: boolean;
  /** Mean and largest distance between two logits of one token of the vocabulary. */
  mean: number;
  max: number;
  /** Kullback-Leibler divergence of the distribution from full precision's, in nats. */
  divergence: number;
}

/** Compares two rows of logits `[vocabulary]`. */
export function tokenDistance(reference: Float32Array, logits: Float32Array): TokenDistance {
  let [sum, max] = [0, 0];
  for (let i = 0; i < reference.length; i++) {
    const distance = Math.abs(reference[i]! - logits[i]!);
    sum += distance;
    max = Math.max(max, distance);
  }
  const [p, q] = [logProbabilities(reference), logProbabilities(logits)];
  const divergence = p.reduce((total, log, i) => total + Math.exp(log) * (log - q[i]!), 0);
  return { isSame: largest(reference) === largest(logits), mean: sum / reference.length, max, divergence };
}

function largest(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
}

function logProbabilities(logits: Float32Array): Float64Array {
  const most = logits[largest(logits)]!;
  const total = logits.reduce((sum, value) => sum + Math.exp(value - most), 0);
  return Float64Array.from(logits, (value) => value - most - Math.log(total));
}
