/** The k-th highest score; -Infinity when there are fewer than k. A heap of the k highest so far, its lowest on top. */
export function kthHighest(scores: Float32Array, k: number): number {
  if (k === 1) return highest(scores);
  if (k > scores.length) return Number.NEGATIVE_INFINITY;
  const heap = scores.slice(0, k).sort();
  for (let id = k; id < scores.length; id++) {
    // Nearly all scores fail this one comparison.
    if (scores[id]! > heap[0]!) replaceLowest(heap, scores[id]!);
  }
  return heap[0]!;
}

/**
 * The indices of the k highest scores, highest first; of equal ones the lower index first. Fewer when there are fewer
 * scores.
 */
export function topIndices(scores: Float32Array, k: number): number[] {
  const threshold = kthHighest(scores, k);
  const above: number[] = [];
  const equal: number[] = [];
  for (let id = 0; id < scores.length; id++) {
    if (scores[id]! > threshold) above.push(id);
    else if (scores[id]! === threshold && equal.length < k) equal.push(id);
  }
  // Array.sort is stable, so equal scores stay in ascending order.
  above.sort((a, b) => scores[b]! - scores[a]!);
  return [...above, ...equal].slice(0, k);
}

function highest(scores: Float32Array): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < scores.length; id++) {
    if (scores[id]! > best) best = scores[id]!;
  }
  return best;
}

function replaceLowest(heap: Float32Array, score: number): void {
  let hole = 0;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= score) break;
    heap[hole] = heap[child]!;
    hole = child;
  }
  heap[hole] = score;
}
