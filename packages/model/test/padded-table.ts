import { graphPath, type InternVL2_5Config } from "@internvl/config";
import type { FileSink, ModelFiles } from "@internvl/core";
import { scaled, table, writeEmbeddings } from "./table-graph.js";

/** More than what is kept of rows. */
const TABLE_BYTES = 9_000_000;

/**
 * Gives a converted folder a table of embeddings that is too large to be kept: in fp32 the folder's own rows, else others,
 * and behind them rows that no token has.
 */
export async function padTable(
  files: ModelFiles,
  sink: FileSink,
  dtype: "fp32" | "fp16" | "int8",
  { text_config }: InternVL2_5Config,
): Promise<void> {
  const path = graphPath("embed_tokens", dtype);
  const { hidden_size, vocab_size } = text_config;
  const rows = Math.ceil(TABLE_BYTES / hidden_size);
  const shape = [rows, hidden_size] as const;
  const count = rows * hidden_size;
  if (dtype === "fp32") {
    const data = new Float32Array(count);
    const own = await files.readRange(`${path}_data`, 0, vocab_size * hidden_size * 4);
    data.set(new Float32Array(own.slice().buffer));
    await writeEmbeddings(sink, path, (g, ids) => g.gather(table(g, "float32", shape, data), ids));
  } else if (dtype === "fp16") {
    // 0.01 to 1, and their negatives.
    const data = Uint16Array.from({ length: count }, (_, i) => 0x2000 + ((i * 7919) % 0x1c00) + (i % 2) * 0x8000);
    await writeEmbeddings(sink, path, (g, ids) => g.cast(g.gather(table(g, "float16", shape, data), ids), "float32"));
  } else {
    const data = Int8Array.from({ length: count }, (_, i) => (i * 7919) >> 3);
    const scales = Float32Array.from({ length: rows }, (_, i) => 0.001 + (i % 97) / 9973);
    await writeEmbeddings(sink, path, (g, ids) => scaled(g, ids, table(g, "int8", shape, data), scales));
  }
}
