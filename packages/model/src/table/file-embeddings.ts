import { InternVLError, type RangeReader, Tensor, throwIfAborted } from "@internvl/core";
import { ByteBound } from "../engine/byte-bound.js";
import type { TokenEmbeddings } from "../engine/embeddings.js";
import { assertTokenIds } from "../engine/inputs.js";
import type { EmbeddingTable } from "./find-table.js";
import { planReads } from "./plan-reads.js";
import { WIDEN } from "./widen-row.js";

export interface FileEmbeddingsParts {
  table: EmbeddingTable;
  /** The file that has the table. */
  data: RangeReader;
  /** The table's first rows, as many as stay in memory: vocabularies begin with the tokens that are met most often. */
  head: Uint8Array;
  /** `[rows]` of int8. */
  scales: Float32Array | undefined;
  /** How many bytes of other rows are kept. */
  kept_bytes: number;
}

/**
 * From the rows of a file, which are read when they are asked for. The first of the table and those that were used last stay, as
 * they are stored.
 */
export class FileEmbeddings implements TokenEmbeddings {
  readonly place = { name: "file", reason: "rows of the table are read from its file when they are needed" };
  /** Undefined once they were released. */
  #parts: FileEmbeddingsParts | undefined;
  readonly #rowBytes: number;
  readonly #kept: ByteBound<number, Uint8Array>;

  constructor(parts: FileEmbeddingsParts) {
    const { rows, data } = parts.table;
    this.#parts = parts;
    this.#rowBytes = (data.end - data.start) / rows;
    this.#kept = new ByteBound(parts.kept_bytes);
  }

  /** @throws InternVLError `INPUT_INVALID`, `RELEASED`, `ABORTED`, `FILE_INVALID` when the file has changed */
  async lookUp(input_ids: readonly (readonly number[])[], signal?: AbortSignal): Promise<Tensor> {
    throwIfAborted(signal);
    const parts = this.#parts;
    if (parts === undefined) throw new InternVLError("RELEASED", { what: "The embeddings were released" });
    const { table, scales } = parts;
    const { hidden, dtype } = table;
    assertTokenIds(input_ids, table.rows);
    const ids = input_ids.flat();
    const rows = await this.#rowsOf(new Set(ids), parts, signal);
    const embeddings = new Float32Array(ids.length * hidden);
    for (const [at, id] of ids.entries()) {
      WIDEN[dtype](rows.get(id)!, embeddings.subarray(at * hidden, (at + 1) * hidden), scales?.[id] ?? 1);
    }
    return new Tensor("float32", embeddings, [input_ids.length, input_ids[0]!.length, hidden]);
  }

  async release(): Promise<void> {
    this.#parts = undefined;
    this.#kept.close();
  }

  async #rowsOf(
    ids: ReadonlySet<number>,
    { table, data, head }: FileEmbeddingsParts,
    signal: AbortSignal | undefined,
  ): Promise<Map<number, Uint8Array>> {
    const size = this.#rowBytes;
    const rows = new Map<number, Uint8Array>();
    const missing: number[] = [];
    for (const id of ids) {
      const end = (id + 1) * size;
      const row = end <= head.length ? head.subarray(end - size, end) : this.#kept.get(id);
      if (row === undefined) missing.push(id);
      else rows.set(id, row);
    }
    missing.sort((a, b) => a - b);
    const { start } = table.data;
    for (const stretches of planReads(missing, size)) {
      const ranges = stretches.map(({ first, end }) => ({ start: start + first * size, end: start + end * size }));
      const bytes = await data.read(ranges, { signal });
      let at = 0;
      for (const { first, end, ids } of stretches) {
        for (const id of ids) {
          const row = bytes.slice(at + (id - first) * size, at + (id - first + 1) * size);
          rows.set(id, row);
          this.#kept.set(id, row, size);
        }
        at += (end - first) * size;
      }
    }
    return rows;
  }
}
