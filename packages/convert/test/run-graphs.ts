import { type Dtype, type GraphName, graphDataPaths, graphPath } from "@internvl/config";
import { type ModelFiles, type Session, Tensor } from "@internvl/core";
import { nodeInference } from "@internvl/runtime-node";
import { expect } from "vitest";

async function session(files: ModelFiles, graph: GraphName, suffix: string): Promise<Session> {
  const dtype = (suffix === "" ? "fp32" : suffix.slice(1)) as Dtype;
  const data = graphDataPaths(graph, dtype, await files.list());
  const externalData = data.map((path) => path.slice("onnx/".length));
  return nodeInference.createSession({ files, path: graphPath(graph, dtype), externalData });
}

/** Features of one picture, by a graph that onnxruntime has checked and loaded. */
export async function features(files: ModelFiles, suffix = ""): Promise<Float32Array> {
  const encoder = await session(files, "vision_encoder", suffix);
  const pixels = Float32Array.from({ length: 3 * 56 * 56 }, (_, i) => Math.sin(i / 7));
  const { image_features } = await encoder.run({ pixel_values: new Tensor("float32", pixels, [1, 3, 56, 56]) });
  await encoder.release();
  return image_features!.data as Float32Array;
}

/** Logits of four tokens over an empty cache. */
export async function logits(files: ModelFiles, suffix = "", embeddings = suffix): Promise<Float32Array> {
  const embed = await session(files, "embed_tokens", embeddings);
  const decoder = await session(files, "decoder_model_merged", suffix);
  const ids = new Tensor("int64", BigInt64Array.of(5n, 300n, 7n, 899n), [1, 4]);
  const { inputs_embeds } = await embed.run({ input_ids: ids });
  const table = (f: (x: number) => number) =>
    new Tensor(
      "float32",
      Float32Array.from({ length: 4 * 8 }, (_, i) => f((i >> 3) / 100 ** ((i & 7) / 8))),
      [4, 8],
    );
  const causal = Float32Array.from({ length: 16 }, (_, i) => ((i & 3) > i >> 2 ? -1e9 : 0));
  const empty = decoder.inputs
    .filter(({ name }) => name.startsWith("past_key_values"))
    .map(({ name }) => [name, new Tensor("float32", new Float32Array(0), [1, 2, 0, 16])]);
  const output = await decoder.run({
    inputs_embeds: inputs_embeds!,
    position_ids: new Tensor("int64", BigInt64Array.of(0n, 1n, 2n, 3n), [1, 4]),
    rotary_cos: table(Math.cos),
    rotary_sin: table(Math.sin),
    past_mask: new Tensor("float32", new Float32Array(0), [1, 0]),
    new_mask: new Tensor("float32", causal, [1, 4, 4]),
    logits_to_keep: new Tensor("int64", BigInt64Array.of(0n), [1]),
    ...Object.fromEntries(empty),
  });
  expect(output["new_key_values.1.value"]!.dims).toEqual([1, 2, 4, 16]);
  expect(output.logits!.dims).toEqual([1, 4, 900]);
  await Promise.all([embed.release(), decoder.release()]);
  return output.logits!.data as Float32Array;
}
