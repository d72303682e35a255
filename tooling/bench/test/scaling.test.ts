import { expect, test } from "vitest";
import { chartsToSvg } from "../src/scaling/chart.js";
import { byWeights, extrapolate, textSize, visionSize, weightsOf } from "../src/scaling/sizes.js";

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
