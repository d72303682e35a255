import type { FileSink } from "@internvl/core";
import { type DType, external, GraphBuilder, type Value, writeModel } from "@internvl/onnx";

/** Makes the output of a graph of embeddings from its ids. */
export type Look = (g: GraphBuilder, ids: Value) => Value;

/** Writes a graph of embeddings, its table beside it. */
export async function writeEmbeddings(sink: FileSink, path: string, look: Look): Promise<void> {
  const g = new GraphBuilder({ name: "embed_tokens" });
  g.output("inputs_embeds", look(g, g.input("input_ids", "int64", ["batch", "new"])));
  await writeModel(sink, path, g);
}

/** A table beside the graph. */
export function table(
  g: GraphBuilder,
  type: DType,
  [rows, hidden]: readonly [number, number],
  data: ArrayBufferView,
): Value {
  return g.initializer(`table.${type}`, type, [rows, hidden], external(data));
}

/** As the converter writes int8: `rows * scales`. */
export function scaled(g: GraphBuilder, ids: Value, rows: Value, scales: Float32Array): Value {
  const scale = g.initializer("scales", "float32", [scales.length, 1], external(scales));
  return g.mul(g.cast(g.gather(rows, ids), "float32"), g.gather(scale, ids));
}
