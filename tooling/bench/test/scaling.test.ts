import { expect, test } from "vitest";
import { row } from "../src/report.js";
import { chartsToSvg } from "../src/scaling/chart.js";
import { byWeights, extrapolate, textSize, visionSize, weightsOf } from "../src/scaling/sizes.js";
import { rowsAsTables } from "../src/scaling/tables.js";

test("weights are those of Qwen2.5-0.5B and InternViT-300M", () => {
  const text = textSize({ hidden: 896, layers: 24, intermediate: 4864, heads: 14, keyValueHeads: 2 }, 151_674);
  // q and o 896 x 896, k and v 896 x 128, three of 896 x 4864; the head beside.
  expect(text.weightsPerLayer).toBe(14_909_440);
  expect(weightsOf(text)).toBe(24 * 14_909_440 + 151_674 * 896);
  expect(weightsOf(visionSize({ hidden: 1024, layers: 24, intermediate: 4096 }))).toBe(24 * 12 * 1024 ** 2);
});

test("a cut model's cost of a layer is that of the layers between two cuts", () => {
  const cuts = [
    { layers: 2, ms: 30 },
    { layers: 4, ms: 50 },
  ] as const;
  expect(extrapolate(cuts, 24)).toBe(250);
  const size = { layers: 2, weightsPerLayer: 100, head: 50 };
  expect(byWeights({ size, ms: 10 }, { layers: 4, weightsPerLayer: 200, head: 200 })).toBe(40);
});

test("a chart's points stand where their values are, and names are escaped", () => {
  const series = [
    {
      name: "a < b",
      points: [
        [0, 0],
        [10, 100],
      ] as const,
    },
  ];
  const svg = chartsToSvg([{ title: "time", x: "tiles", series }]);
  expect(svg).toContain('points="56,240 404,34"');
  expect(svg).toContain("a &#60; b");
  expect(svg.match(/<circle/g)).toHaveLength(2);
});

test("lines with the same columns are one table, others begin a new one", () => {
  const rows = [
    row("1 tile: vision", "s", [1.5, 1, 2]),
    row("1 tile: memory", "MB", [700]),
    row("4 tiles: vision", "s", [6]),
    row("4 tiles: memory", "MB", [800]),
    row("batch of 2: answering", "tok/s", [50]),
  ];
  expect(rowsAsTables(rows)).toBe(
    [
      "|  | vision, s | memory, MB |",
      "| --- | --- | --- |",
      "| 1 tile | 1.50 | 700 |",
      "| 4 tiles | 6.00 | 800 |",
      "",
      "|  | answering, tok/s |",
      "| --- | --- |",
      "| batch of 2 | 50.0 |",
    ].join("\n"),
  );
});
