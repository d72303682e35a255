import type { GraphBuilder, Value } from "@internvl/onnx";

/** Sizes of attention among the positions of a tile. */
interface TileAttention {
  heads: number;
  positions: number;
  width: number;
}

type Form = (g: GraphBuilder, sizes: TileAttention) => void;

/** Ways from `qkv [1, positions, 3 * heads * width]` to `mixed [1, positions, heads * width]`, that of the library first. */
export const TILE_FORMS: Readonly<Record<string, Form>> = {
  MultiHeadAttention(g, sizes) {
    const hidden = sizes.heads * sizes.width;
    const [q, k, v] = g.split(joined(g, sizes), 2, [hidden, hidden, hidden]) as [Value, Value, Value];
    g.output("mixed", g.multiHeadAttention(q, k, v, { num_heads: sizes.heads }));
  },

  "written out, all heads at once"(g, sizes) {
    const [q, k, v] = heads(g, sizes);
    mixed(g, sizes, attended(g, q, k, v, sizes));
  },

  "written out, one head after the other"(g, sizes) {
    const one = new Array<number>(sizes.heads).fill(1);
    const [q, k, v] = heads(g, sizes).map((x) => g.split(x, 1, one)) as [Value[], Value[], Value[]];
    const each = q.map((query, head) => attended(g, query, k[head]!, v[head]!, sizes));
    mixed(g, sizes, g.concat(each, 1));
  },

  "written out, scores in int8"(g, sizes) {
    const [q, k, v] = heads(g, sizes);
    const query = quantised(g, g.mul(q, g.constant("float32", [1 / Math.sqrt(sizes.width)])));
    const key = quantised(g, g.transpose(k, [0, 1, 3, 2]));
    const [scores] = g.node({
      op: "MatMulIntegerToFloat",
      domain: "com.microsoft",
      inputs: [query[0], key[0], query[1], key[1], query[2], key[2]],
      outputs: [{ type: "float32", shape: [1, sizes.heads, sizes.positions, sizes.positions] }],
    });
    mixed(g, sizes, g.matmul(g.softmax(scores), v));
  },
};

function joined(g: GraphBuilder, { heads, positions, width }: TileAttention): Value {
  return g.input("qkv", "float32", [1, positions, 3 * heads * width]);
}

/** Queries, keys and values `[1, heads, positions, width]`. */
function heads(g: GraphBuilder, sizes: TileAttention): [Value, Value, Value] {
  const { heads, positions, width } = sizes;
  const each = g.transpose(g.reshape(joined(g, sizes), [1, positions, 3 * heads, width]), [0, 2, 1, 3]);
  return g.split(each, 1, [heads, heads, heads]) as [Value, Value, Value];
}

function attended(g: GraphBuilder, q: Value, k: Value, v: Value, { width }: TileAttention): Value {
  return g.matmul(g.softmax(g.fusedMatMul(q, k, { transB: true, alpha: 1 / Math.sqrt(width) })), v);
}

function quantised(g: GraphBuilder, x: Value): readonly [Value, Value, Value] {
  return g.node({
    op: "DynamicQuantizeLinear",
    inputs: [x],
    outputs: [
      { type: "uint8", shape: x.shape },
      { type: "float32", shape: [] },
      { type: "uint8", shape: [] },
    ],
  });
}

function mixed(g: GraphBuilder, { heads, positions, width }: TileAttention, x: Value): void {
  g.output("mixed", g.reshape(g.transpose(x, [0, 2, 1, 3]), [1, positions, heads * width]));
}
