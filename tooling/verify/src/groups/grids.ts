import { candidateGrids, chooseGrid, type GridOrder } from "@internvl/image-processor";
import type { GroupReport } from "../report.js";
import type { Group } from "./group.js";

type Row = [
  width: number,
  height: number,
  min: number,
  max: number,
  size: number,
  orig_cols: number,
  orig_rows: number,
  hf_cols: number,
  hf_rows: number,
];

interface GridsJson {
  ratio_order: Record<string, { orig: number[][]; hf: number[][] }>;
  differences: Row[];
  rows: Row[];
}

/** The grid that a picture is cut into, in the original's order of candidates and in Transformers'. */
export const grids: Group = async ({ golden, report }) => {
  const json = await golden.json<GridsJson>("grids.json");
  if (json === undefined) return report.skip("no grids.json");
  for (const [limits, { orig, hf }] of Object.entries(json.ratio_order)) {
    const [min, max] = limits.split(",").map(Number) as [number, number];
    await report.attempt(`ratio_order ${limits}`, () => {
      report.same(`ratio_order ${limits} orig`, candidateGrids(min, max, "original"), orig);
      report.same(`ratio_order ${limits} hf`, candidateGrids(min, max, "transformers"), hf);
    });
  }
  for (const row of [...json.rows, ...json.differences]) {
    const [, , , , , orig_cols, orig_rows, hf_cols, hf_rows] = row;
    await report.attempt(`row ${row}`, () => {
      checkRow(report, row, "original", orig_cols, orig_rows);
      checkRow(report, row, "transformers", hf_cols, hf_rows);
    });
  }
};

function checkRow(report: GroupReport, row: Row, grid: GridOrder, columns: number, rows: number): void {
  const [width, height, min_tiles, max_tiles, size] = row;
  const chosen = chooseGrid(width, height, { min_tiles, max_tiles, tile: { width: size, height: size }, grid });
  const check = `${width} x ${height}, ${min_tiles} to ${max_tiles} tiles of ${size} (${grid})`;
  report.same(check, chosen, [columns, rows]);
}
