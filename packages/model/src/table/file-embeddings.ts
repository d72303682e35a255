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
  /** `[rows]` of int8. */
  scales: Float32Array | undefined;
  /** How many bytes of rows are kept. */
  kept_bytes: number;
}

/** From the rows of a file, which are read when they are asked for; those that were used last are kept as they are stored. */
export class FileEmbeddings implements TokenEmbeddings {
  readonly #parts: FileEmbeddingsParts;
  readonly #rowBytes: number;
  readonly #kept: ByteBound<number, Uint8Array>;
  #released = false;

  constructor(parts: FileEmbeddingsParts) {
    const { rows, data } = parts.table;
    this.#parts = parts;
    this.#rowBytes = (data.end - data.start) / rows;
    this.#kept = new ByteBound(parts.kept_bytes);
  }

  /** @throws InternVLError `INPUT_INVALID`, `RELEASED`, `ABORTED`, `FILE_INVALID` when the file has changed */
  async lookUp(input_ids: readonly (readonly number[])[], signal?: AbortSignal): Promise<Tensor> {
    throwIfAborted(signal);
    const { table, scales } = this.#parts;
    const { hidden, dtype } = table;
    assertTokenIds(input_ids, table.rows);
    const ids = input_ids.flat();
    const rows = await this.#rowsOf(new Set(ids), signal);
    const embeddings = new Float32Array(ids.length * hidden);
    for (const [at, id] of ids.entries()) {
      WIDEN[dtype](rows.get(id)!, embeddings.subarray(at * hidden, (at + 1) * hidden), scales?.[id] ?? 1);
    }
    return new Tensor("float32", embeddings, [input_ids.length, input_ids[0]!.length, hidden]);
  }

  async release(): Promise<void> {
    this.#released = true;
    this.#kept.close();
  }

  async #rowsOf(ids: ReadonlySet<number>, signal: AbortSignal | undefined): Promise<Map<number, Uint8Array>> {
    if (this.#released) throw new InternVLError("RELEASED", { what: "The embeddings were released" });
    const rows = new Map<number, Uint8Array>();
    const missing: number[] = [];
    for (const id of ids) {
      const row = this.#kept.get(id);
      if (row === undefined) missing.push(id);
      else rows.set(id, row);
    }
    await this.#read(
      missing.sort((a, b) => a - b),
      rows,
      signal,
    );
    return rows;
  }

  async #read(ids: readonly number[], rows: Map<number, Uint8Array>, signal: AbortSignal | undefined): Promise<void> {
    const { table, data } = this.#parts;
    const { start } = table.data;
    const size = this.#rowBytes;
    for (const stretches of planReads(ids, size)) {
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
  }
}
