import type { GraphBuilder, Value } from "@internvl/onnx";

/** Sizes of attention of `fresh` tokens over a cache of `past`. */
interface CacheAttention {
  heads: number;
  keyValueHeads: number;
  width: number;
  past: number;
  fresh: number;
}

type Form = (g: GraphBuilder, sizes: CacheAttention) => void;

/**
 * Ways from `query [1, heads, fresh, width]`, `key` and `value` `[1, key heads, fresh, width]`, `pastKey` and `pastValue`
 * `[1, key heads, past, width]` and masks to `mixed [1, heads, fresh, width]` (GroupQueryAttention's: `[1, fresh, heads * width]`),
 * that of the library first.
 */
export const CACHE_FORMS: Readonly<Record<string, Form>> = {
  "scores of cache and new tokens put together"(g, sizes) {
    const { query, key, value, pastKey, pastValue } = states(g, sizes);
    const { heads, keyValueHeads, past, fresh } = sizes;
    const rows = (heads / keyValueHeads) * fresh;
    const pastScores = g.add(
      g.fusedMatMul(query, pastKey, scale(sizes)),
      g.input("pastMask", "float32", [1, 1, 1, past]),
    );
    const newScores = g.add(
      g.fusedMatMul(query, key, scale(sizes)),
      g.input("newMask", "float32", [1, 1, rows, fresh]),
    );
    const weights = g.softmax(g.concat([pastScores, newScores], 3));
    const ofPast = g.matmul(g.slice(weights, { axis: 3, end: past }), pastValue);
    mixed(g, sizes, g.add(ofPast, g.matmul(g.slice(weights, { axis: 3, start: past }), value)));
  },

  "keys and values put together"(g, sizes) {
    const { query, key, value, pastKey, pastValue } = states(g, sizes);
    const { heads, keyValueHeads, past, fresh } = sizes;
    const groups = heads / keyValueHeads;
    const scores = g.fusedMatMul(query, g.concat([pastKey, key], 2), scale(sizes));
    // One mask for the queries of all heads, which is small enough to stay in the processor's cache.
    const byHead = g.reshape(scores, [1, keyValueHeads, groups, fresh, past + fresh]);
    const masked = g.add(byHead, g.input("mask", "float32", [1, 1, 1, fresh, past + fresh]));
    const weights = g.softmax(g.reshape(masked, [1, keyValueHeads, groups * fresh, past + fresh]));
    mixed(g, sizes, g.matmul(weights, g.concat([pastValue, value], 2)));
  },

  GroupQueryAttention(g, sizes) {
    const { heads, keyValueHeads, width, past, fresh } = sizes;
    const flat = (name: string, count: number) => {
      const x = g.input(name, "float32", [1, count, fresh, width]);
      return g.reshape(g.transpose(x, [0, 2, 1, 3]), [1, fresh, count * width]);
    };
    const cache = (name: string) => g.input(name, "float32", [1, keyValueHeads, past, width]);
    const [attention] = g.groupQueryAttention(
      flat("query", heads),
      flat("key", keyValueHeads),
      flat("value", keyValueHeads),
      {
        past_key: cache("pastKey"),
        past_value: cache("pastValue"),
        seqlens_k: g.constant("int32", [past + fresh - 1], [1]),
        total_sequence_length: g.constant("int32", [past + fresh], [1]),
      },
      { num_heads: heads, kv_num_heads: keyValueHeads },
    );
    g.output("mixed", attention);
  },
};

interface States {
  /** All queries that share a key head, one after the other. */
  query: Value;
  key: Value;
  value: Value;
  pastKey: Value;
  pastValue: Value;
}

function states(g: GraphBuilder, { heads, keyValueHeads, width, past, fresh }: CacheAttention): States {
  const keys = (name: string, length: number) => g.input(name, "float32", [1, keyValueHeads, length, width]);
  const query = g.input("query", "float32", [1, heads, fresh, width]);
  return {
    query: g.reshape(query, [1, keyValueHeads, (heads / keyValueHeads) * fresh, width]),
    key: keys("key", fresh),
    value: keys("value", fresh),
    pastKey: keys("pastKey", past),
    pastValue: keys("pastValue", past),
  };
}

function scale({ width }: CacheAttention) {
  return { transB: true, alpha: 1 / Math.sqrt(width) };
}

function mixed(g: GraphBuilder, { heads, width, fresh }: CacheAttention, x: Value): void {
  g.output("mixed", g.reshape(x, [1, heads, fresh, width]));
}
