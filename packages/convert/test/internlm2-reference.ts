import type { InternLM2Config } from "@internvl/config";

type Matrix = readonly (readonly number[])[];
/** A tensor's rows; a vector is one row. */
export type Weights = (name: string) => Matrix;

/**
 * InternLM2 written down plainly, in float64, one token after the other, with no cache and no batch: what the graph is
 * compared with.
 *
 * @param angle of pair `i` of a head at a position
 * @returns the logits of every token
 */
export function internLM2Logits(
  config: InternLM2Config,
  weights: Weights,
  ids: readonly number[],
  angle: (position: number, i: number) => number,
): number[][] {
  const { num_hidden_layers, rms_norm_eps } = config;
  const model = (name: string) => weights(`language_model.model.${name}`);
  const norm = (x: readonly number[], name: string) => rmsNorm(x, model(`${name}.weight`)[0]!, rms_norm_eps);
  let states = ids.map((id) => [...model("tok_embeddings.weight")[id]!]);
  for (let index = 0; index < num_hidden_layers; index++) {
    const layer = (name: string) => model(`layers.${index}.${name}`);
    const normed = states.map((x) => norm(x, `layers.${index}.attention_norm`));
    const attended = attention(config, layer, normed, angle);
    states = states.map((x, token) => add(x, attended[token]!));
    states = states.map((x) => add(x, feedForward(layer, norm(x, `layers.${index}.ffn_norm`))));
  }
  const output = weights("language_model.output.weight");
  return states.map((x) => multiply(output, norm(x, "norm")));
}

function attention(
  config: InternLM2Config,
  layer: Weights,
  states: readonly number[][],
  angle: (position: number, i: number) => number,
): number[][] {
  const { num_attention_heads, num_key_value_heads, head_dim, bias } = config;
  const groups = num_attention_heads / num_key_value_heads;
  const joined = states.map((x) => {
    const product = multiply(layer("attention.wqkv.weight"), x);
    return bias ? add(product, layer("attention.wqkv.bias")[0]!) : product;
  });
  // Slot by slot: the queries of key head 0, its key, its value, the queries of key head 1, …
  const slot = (token: number, index: number) => joined[token]!.slice(index * head_dim, (index + 1) * head_dim);
  const query = (token: number, head: number) =>
    rotate(slot(token, Math.floor(head / groups) * (groups + 2) + (head % groups)), (i) => angle(token, i));
  const key = (token: number, head: number) =>
    rotate(slot(token, Math.floor(head / groups) * (groups + 2) + groups), (i) => angle(token, i));
  const value = (token: number, head: number) => slot(token, Math.floor(head / groups) * (groups + 2) + groups + 1);

  return states.map((_, token) => {
    const heads = Array.from({ length: num_attention_heads }, (_, head) => {
      const seen = Array.from({ length: token + 1 }, (_, other) => other);
      const scores = seen.map((other) => dot(query(token, head), key(other, head)) / Math.sqrt(head_dim));
      const exponentials = scores.map((score) => Math.exp(score - Math.max(...scores)));
      const sum = exponentials.reduce((total, x) => total + x, 0);
      const mixed = new Array<number>(head_dim).fill(0);
      for (const other of seen) {
        for (let i = 0; i < head_dim; i++) mixed[i]! += (exponentials[other]! / sum) * value(other, head)[i]!;
      }
      return mixed;
    });
    const product = multiply(layer("attention.wo.weight"), heads.flat());
    return bias ? add(product, layer("attention.wo.bias")[0]!) : product;
  });
}

function feedForward(layer: Weights, x: readonly number[]): number[] {
  const gate = multiply(layer("feed_forward.w1.weight"), x).map((z) => z / (1 + Math.exp(-z)));
  const up = multiply(layer("feed_forward.w3.weight"), x);
  return multiply(
    layer("feed_forward.w2.weight"),
    gate.map((z, i) => z * up[i]!),
  );
}

function rmsNorm(x: readonly number[], weight: readonly number[], epsilon: number): number[] {
  const scale = 1 / Math.sqrt(dot(x, x) / x.length + epsilon);
  return x.map((z, i) => z * scale * weight[i]!);
}

function rotate(x: readonly number[], angle: (i: number) => number): number[] {
  const half = x.length / 2;
  return x.map((z, i) => {
    const turn = angle(i % half);
    const partner = i < half ? -x[i + half]! : x[i - half]!;
    return z * Math.cos(turn) + partner * Math.sin(turn);
  });
}

function multiply(matrix: Matrix, x: readonly number[]): number[] {
  return matrix.map((row) => dot(row, x));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, z, i) => sum + z * b[i]!, 0);
}

function add(a: readonly number[], b: readonly number[]): number[] {
  return a.map((z, i) => z + b[i]!);
}
