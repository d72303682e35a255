import { softmax } from "./functions.js";
import { Rows } from "./rows.js";

export interface AttentionShape {
  /** Heads of the queries. */
  readonly heads: number;
  /** Heads of keys and values; `heads / keyHeads` query heads that follow each other share one. */
  readonly keyHeads: number;
}

/**
 * `softmax(q k / sqrt(head_dim)) v`, head by head: queries `[tokens, heads * head_dim]`, keys and values
 * `[others, keyHeads * head_dim]` -> `[tokens, heads * head_dim]`.
 *
 * @param seen how many keys, from the first on, query `token` sees
 */
export function attention(
  { query, key, value }: { query: Rows; key: Rows; value: Rows },
  { heads, keyHeads }: AttentionShape,
  seen: (token: number) => number,
): Rows {
  const size = query.width / heads;
  const mixed = new Rows(query.count, query.width);
  for (let token = 0; token < query.count; token++) {
    for (let head = 0; head < heads; head++) {
      const keyHead = Math.floor((head * keyHeads) / heads);
      const own = head * size;
      const shared = keyHead * size;
      const scores = new Float64Array(seen(token));
      for (let other = 0; other < scores.length; other++) {
        scores[other] = dot(query.row(token), own, key.row(other), shared, size) / Math.sqrt(size);
      }
      const target = mixed.row(token);
      for (const [other, weight] of softmax(scores).entries()) {
        const from = other * value.width + shared;
        for (let i = 0; i < size; i++) target[own + i]! += weight * value.data[from + i]!;
      }
    }
  }
  return mixed;
}

function dot(a: Float64Array, startA: number, b: Float64Array, startB: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += a[startA + i]! * b[startB + i]!;
  return sum;
}
