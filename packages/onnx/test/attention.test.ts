import { GraphBuilder } from "@internvl/onnx";
import { Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { attend, headOf, joinHeads, rotateHalves } from "./reference.js";
import { expectClose, floats, noise, noiseTensor, run } from "./run.js";

describe("rotaryEmbedding", () => {
  const [heads, tokens, d, positions] = [2, 3, 8, 7];
  const angles = (turn: (x: number) => number) => noise(positions * (d / 2), 5).map((x) => turn(3 * x));
  const [cos, sin] = [angles(Math.cos), angles(Math.sin)];
  const ids = [
    [0, 1, 5],
    [2, 3, 6],
  ];
  const x = noise(2 * heads * tokens * d);
  const feeds = { ids: new Tensor("int64", BigInt64Array.from(ids.flat().map(BigInt)), [2, tokens]) };

  function builder() {
    const g = new GraphBuilder({ name: "rotary" });
    const tables = [
      g.initializer("cos", "float32", [positions, d / 2], cos),
      g.initializer("sin", "float32", [positions, d / 2], sin),
    ] as const;
    return { g, position_ids: g.input("ids", "int64", ["batch", "tokens"]), tables };
  }

  it("rotates heads that lie side by side, [B, S, heads * d]", async () => {
    const { g, position_ids, tables } = builder();
    g.output("y", g.rotaryEmbedding(g.input("x", "float32", ["batch", "tokens", heads * d]), position_ids, ...tables));
    const { y } = await run(g, { ...feeds, x: noiseTensor([2, tokens, heads * d]) });
    const expected = ids.flatMap((row, batch) => {
      const rows = x.subarray(batch * tokens * heads * d, (batch + 1) * tokens * heads * d);
      const rotated = [0, 1].map((head) => rotateHalves(headOf(rows, tokens, heads, d, head), row, cos, sin, d));
      return joinHeads(rotated, tokens, d);
    });
    expectClose(floats(y), expected);
  });

  it("rotates heads one after the other, [B, heads, S, d]", async () => {
    const { g, position_ids, tables } = builder();
    g.output("y", g.rotaryEmbedding(g.input("x", "float32", ["batch", heads, "tokens", d]), position_ids, ...tables));
    const { y } = await run(g, { ...feeds, x: noiseTensor([2, heads, tokens, d]) });
    const expected = ids.flatMap((row, batch) =>
      [0, 1].flatMap((head) => {
        const start = (batch * heads + head) * tokens * d;
        return rotateHalves(x.subarray(start, start + tokens * d), row, cos, sin, d);
      }),
    );
    expectClose(floats(y), expected);
  });
});

describe("multiHeadAttention", () => {
  const [heads, s, l, d] = [2, 3, 5, 4];

  it.each([{ scale: undefined }, { scale: 0.3 }])("attends: %o", async ({ scale }) => {
    const g = new GraphBuilder({ name: "attention" });
    const q = g.input("q", "float32", ["batch", "tokens", heads * d]);
    const k = g.input("k", "float32", ["batch", "length", heads * d]);
    const v = g.input("v", "float32", ["batch", "length", heads * d]);
    g.output("y", g.multiHeadAttention(q, k, v, { num_heads: heads, scale }));
    const { y } = await run(g, {
      q: noiseTensor([1, s, heads * d], 1),
      k: noiseTensor([1, l, heads * d], 2),
      v: noiseTensor([1, l, heads * d], 3),
    });
    const part = (rows: number, seed: number, head: number) =>
      headOf(noise(rows * heads * d, seed), rows, heads, d, head);
    const outputs = [0, 1].map((head) =>
      attend(part(s, 1, head), part(l, 2, head), part(l, 3, head), s, l, d, scale ?? 1 / Math.sqrt(d)),
    );
    expectClose(floats(y), joinHeads(outputs, s, d));
  });
});

describe("groupQueryAttention", () => {
  const [heads, kvHeads, s, d] = [4, 2, 3, 8];

  it.each([0, 5])("attends causally over %i cached tokens and the new ones", async (past) => {
    const g = new GraphBuilder({ name: "grouped" });
    const q = g.input("q", "float32", ["batch", "tokens", heads * d]);
    const k = g.input("k", "float32", ["batch", "tokens", kvHeads * d]);
    const v = g.input("v", "float32", ["batch", "tokens", kvHeads * d]);
    const cache = {
      past_key: g.input("past_key", "float32", ["batch", kvHeads, "past", d]),
      past_value: g.input("past_value", "float32", ["batch", kvHeads, "past", d]),
      seqlens_k: g.input("seqlens_k", "int32", ["batch"]),
      total_sequence_length: g.input("total", "int32", []),
    };
    const [y, presentKey, presentValue] = g.groupQueryAttention(q, k, v, cache, {
      num_heads: heads,
      kv_num_heads: kvHeads,
    });
    g.output("y", y);
    g.output("present_key", presentKey);
    g.output("present_value", presentValue);
    const total = past + s;
    const results = await run(g, {
      q: noiseTensor([1, s, heads * d], 1),
      k: noiseTensor([1, s, kvHeads * d], 2),
      v: noiseTensor([1, s, kvHeads * d], 3),
      past_key: noiseTensor([1, kvHeads, past, d], 4),
      past_value: noiseTensor([1, kvHeads, past, d], 5),
      seqlens_k: new Tensor("int32", Int32Array.of(total - 1), [1]),
      total: new Tensor("int32", Int32Array.of(total), []),
    });
    const present = (cached: number, fresh: number) =>
      [0, 1].map((head) => [
        ...noise(kvHeads * past * d, cached).subarray(head * past * d, (head + 1) * past * d),
        ...headOf(noise(s * kvHeads * d, fresh), s, kvHeads, d, head),
      ]);
    const [keys, values] = [present(4, 2), present(5, 3)];
    expectClose(floats(results["present_key"]), keys.flat(), 0);
    expectClose(floats(results["present_value"]), values.flat(), 0);
    const outputs = Array.from({ length: heads }, (_, head) => {
      const group = Math.floor(head / (heads / kvHeads));
      const query = headOf(noise(s * heads * d, 1), s, heads, d, head);
      return attend(query, keys[group] ?? [], values[group] ?? [], s, total, d, 1 / Math.sqrt(d), true);
    });
    expect(outputs).toHaveLength(heads);
    expectClose(floats(results["y"]), joinHeads(outputs, s, d));
  });
});
