import { candidateGrids, chooseGrid, MAX_TILES } from "@internvl/image-processor";
import { describe, expect, it } from "vitest";
import pillow from "./fixtures/pillow.json" with { type: "json" };

const orders = ["original", "transformers"] as const;

describe("candidateGrids", () => {
  it.each(pillow.orders)("has CPython's and Transformers' order for $min to $max tiles", (expected) => {
    for (const order of orders) {
      const grids = candidateGrids(expected.min, expected.max, order);
      expect(grids.map(([columns, rows]) => `${columns}x${rows}`).join(" ")).toBe(expected[order]);
    }
  });

  it("refuses counts that do not fit together or that no model can read", () => {
    expect(() => candidateGrids(7, 6)).toThrow(/min_tiles <= max_tiles, got min_tiles 7, max_tiles 6/);
    expect(() => candidateGrids(0, 6)).toThrow(/min_tiles 0/);
    expect(() => candidateGrids(1, 2.5)).toThrow(/max_tiles 2.5/);
    expect(() => candidateGrids(1, MAX_TILES + 1)).toThrow(/at most 1024/);
  });

  it("can list the largest count", () => {
    expect(candidateGrids(MAX_TILES, MAX_TILES)).toHaveLength(11);
  });
});

describe("chooseGrid", () => {
  it("chooses as both references do", () => {
    for (const [width, height, min_tiles, max_tiles, tile, ...expected] of pillow.grids as number[][]) {
      const chosen = orders.flatMap((grid) =>
        chooseGrid(width!, height!, {
          min_tiles: min_tiles!,
          max_tiles: max_tiles!,
          tile: { width: tile!, height: tile! },
          grid,
        }),
      );
      expect([width, height, min_tiles, max_tiles, tile, ...chosen]).toEqual([
        ...[width, height, min_tiles, max_tiles, tile],
        ...expected,
      ]);
    }
  });

  it("breaks the tie of four tiles differently in the two orders", () => {
    const rows = (pillow.grids as number[][]).filter((row) => row[5] !== row[7] || row[6] !== row[8]);
    expect(rows.length).toBeGreaterThan(0);
  });

  it("refuses images without pixels", () => {
    const options = { min_tiles: 1, max_tiles: 12, tile: { width: 448, height: 448 } };
    expect(() => chooseGrid(0, 10, options)).toThrow(/0 x 10/);
    expect(() => chooseGrid(10, Number.NaN, options)).toThrow(/10 x NaN/);
  });
});
