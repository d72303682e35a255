import type { LogitsProcessor } from "./processor.js";

/** Keeps the `k` highest scores and all that equal the lowest of them. Transformers' `TopKLogitsWarper`. */
export function topK(k: number): LogitsProcessor {
  return (_input_ids, scores) => {
    if (k >= scores.length) return;
    const threshold = kthHighest(scores, k);
    for (let id = 0; id < scores.length; id++) {
      if (scores[id]! < threshold) scores[id] = Number.NEGATIVE_INFINITY;
    }
  };
}

/** A heap of the k highest so far, its lowest on top: nearly all scores fail the one comparison with it. */
function kthHighest(scores: Float32Array, k: number): number {
  const heap = scores.slice(0, k).sort();
  for (let id = k; id < scores.length; id++) {
    if (scores[id]! > heap[0]!) replaceLowest(heap, scores[id]!);
  }
  return heap[0]!;
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
