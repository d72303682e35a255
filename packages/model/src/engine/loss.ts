import { InternVLError, type Tensor } from "@internvl/core";
import type { TokenRows } from "./engine.js";
import { toRows } from "./inputs.js";

/** A label that does not count, as in PyTorch. */
const IGNORED = -100;

export interface LossInputs {
  /** `[batch, length]`: the token at each position, or -100. */
  labels: TokenRows;
  /** `[batch, length]` */
  loss_weight?: TokenRows;
}

/**
 * Cross entropy of each next token, summed while logits come in pieces: nothing of their size is kept or copied.
 *
 * Position `i` predicts the label at `i + 1`, so the first label and the last position's logits do not count. Without
 * weights, the mean over the labels that are not -100; with `loss_weight`, the weighted sum over the sum of all shifted
 * weights, also those of ignored labels, as in the original code's `forward`. Sums are in float64.
 */
export class NextTokenLoss {
  readonly #labels: readonly (readonly number[])[];
  readonly #weights: readonly (readonly number[])[] | undefined;
  #sum = 0;

  /** @throws InternVLError `INPUT_INVALID` for another shape than `[batch, length]` and labels outside of the vocabulary */
  constructor(
    { labels, loss_weight }: LossInputs,
    shape: readonly [batch: number, length: number],
    vocab_size: number,
  ) {
    this.#labels = rowsOf(labels, "labels", shape);
    this.#weights = loss_weight && rowsOf(loss_weight, "loss_weight", shape);
    assertLabels(this.#labels, vocab_size);
  }

  /** @param logits float32 `[batch, count, vocabulary]`, of positions `start` on */
  add({ data, dims }: Tensor, start: number): void {
    const [, count, vocabulary] = dims as [number, number, number];
    for (const [row, labels] of this.#labels.entries()) {
      const weights = this.#weights?.[row];
      for (let i = 0; i < count; i++) {
        const label = labels[start + i + 1] ?? IGNORED;
        if (label === IGNORED) continue;
        const first = (row * count + i) * vocabulary;
        const loss = crossEntropy((data as Float32Array).subarray(first, first + vocabulary), label);
        this.#sum += loss * (weights?.[start + i + 1] ?? 1);
      }
    }
  }

  /** Once all logits were added. NaN when nothing counts, as in PyTorch. */
  get value(): number {
    return this.#sum / this.#total();
  }

  #total(): number {
    const counted = this.#weights ?? this.#labels.map((row) => row.map((label) => (label === IGNORED ? 0 : 1)));
    return counted.reduce((sum, row) => row.slice(1).reduce<number>((total, weight) => total + weight, sum), 0);
  }
}

/** `-log softmax(logits)[label]`; the largest logit is taken off first, so that no exponential overflows. */
function crossEntropy(logits: Float32Array, label: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > largest) largest = logits[i]!;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - largest);
  return Math.log(sum) + largest - logits[label]!;
}

function rowsOf(value: TokenRows, name: string, [batch, length]: readonly [number, number]): number[][] {
  const rows = toRows(value, name);
  const odd = rows.flat().find((number) => !Number.isFinite(number));
  if (rows.length === batch && rows[0]!.length === length && odd === undefined) return rows;
  throw new InternVLError("INPUT_INVALID", {
    what: `${name} does not fit input_ids`,
    expected: `[${batch}, ${length}] numbers`,
    got: odd === undefined ? `[${rows.length}, ${rows[0]!.length}]` : String(odd),
  });
}

function assertLabels(labels: readonly (readonly number[])[], vocab_size: number): void {
  for (const [row, ids] of labels.entries()) {
    const at = ids.findIndex((id) => id !== IGNORED && !(Number.isInteger(id) && id >= 0 && id < vocab_size));
    if (at === -1) continue;
    throw new InternVLError("INPUT_INVALID", {
      what: `labels has a token id that the model does not know, in row ${row} at ${at}`,
      expected: `0 to ${vocab_size - 1}, or ${IGNORED} for what does not count`,
      got: String(ids[at]),
    });
  }
}
