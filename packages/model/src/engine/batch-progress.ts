import type { ProgressCallback } from "@internvl/core";
import type { RowPrompt } from "./batch-prompt.js";

/** What is counted in each stage, of one row. */
const SIZES: Readonly<Record<string, (row: RowPrompt) => number>> = {
  vision: ({ places }) => places.length,
  prefill: ({ input_ids }) => input_ids[0]!.length,
};

/** Reports of rows that are read one after the other, as those of a whole batch. What need not be done counts as done. */
export class BatchProgress {
  readonly #rows: readonly RowPrompt[];
  readonly #report: ProgressCallback | undefined;
  #tiles = 0;

  constructor(rows: readonly RowPrompt[], report: ProgressCallback | undefined) {
    this.#rows = rows;
    this.#report = report;
  }

  /** For row `index`. */
  of(index: number): ProgressCallback | undefined {
    const report = this.#report;
    return (
      report &&
      ((info) => {
        const { stage, loaded, total } = info;
        const sizeOf = SIZES[stage];
        if (sizeOf === undefined || total === undefined) return report(info);
        const done = this.#sum(stage, index + 1) - (total - loaded);
        if (stage === "vision") this.#tiles = done;
        report({ ...info, loaded: done, total: this.#sum(stage) });
      })
    );
  }

  /** Row `index` was read: so were its tiles, also where an earlier row had them. */
  finished(index: number): void {
    const tiles = this.#sum("vision", index + 1);
    if (tiles === this.#tiles) return;
    this.#tiles = tiles;
    this.#report?.({ stage: "vision", loaded: tiles, total: this.#sum("vision"), unit: "tiles" });
  }

  #sum(stage: string, rows: number = this.#rows.length): number {
    return this.#rows.slice(0, rows).reduce((sum, row) => sum + SIZES[stage]!(row), 0);
  }
}
