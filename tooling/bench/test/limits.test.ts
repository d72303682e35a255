import { expect, test } from "vitest";
import { SHAPES } from "../src/checkpoint/shape.js";
import { languageMatrices, stepParts, tilePositions, visionMatrices, weightCount } from "../src/limits/matrices.js";
import { languageRows, tileRows } from "../src/limits/node-rows.js";
import { median } from "../src/measure.js";
import { rowsIn } from "../src/targets/note.js";
import { TARGETS } from "../src/targets/targets.js";

test("the matrices are those of the 1B", () => {
  const shape = SHAPES["1b"];
  expect(tilePositions(shape)).toBe(1025);
  expect(weightCount(visionMatrices(shape))).toBe(12 * 1024 ** 2);
  expect(weightCount(languageMatrices(shape, 2))).toBe(2 * 896 * (1152 + 896 + 3 * 4864));
  const whole = stepParts(shape, 1e9);
  expect(whole.scale).toBe(1);
  expect(whole.parts).toHaveLength(24 * 5 + 1);
  expect(whole.parts.at(-1)).toEqual({ inputs: 896, outputs: 151_643 });
  const reading = stepParts(shape, 1e9, 1800);
  expect(reading.scale).toBe(1);
  expect(reading.parts.slice(0, 6).toSpliced(1, 1)).toEqual(whole.parts.slice(0, 5));
  expect(reading.parts[1]).toEqual({ heads: 2, queries: 7, keys: 1800, width: 64 });
  expect(stepParts(shape, 1e9, 100, 8).parts[1]).toEqual({ heads: 16, queries: 7, keys: 100, width: 64 });
});

test("of a larger model as many layers as fit are measured, and the rest computed", () => {
  const shape = SHAPES["8b"];
  const { parts, scale } = stepParts(shape, 1e9);
  expect(weightCount(parts)).toBeLessThanOrEqual(1e9);
  expect(weightCount(parts) + weightCount(languageMatrices(shape, 1))).toBeGreaterThan(1e9);
  const whole = weightCount([...languageMatrices(shape, 32), { inputs: 4096, outputs: 92_522 }]);
  expect(scale * weightCount(parts)).toBeCloseTo(whole);
});

test("every figure of Node's that a target's reason names is measured", async () => {
  const rows = [...(await tileRows(SHAPES.tiny, 1, 1)), ...(await languageRows(SHAPES.tiny, [100, 1800, 4000], 1, 1))];
  for (const { what, values } of rows) expect(median(values), what).toBeGreaterThan(0);
  const named = TARGETS.flatMap(({ whenMissed = "" }) => rowsIn(whenMissed))
    .filter(({ benchmark, what }) => benchmark === "limits" && !/^(page|Node): /.test(what))
    .map(({ what }) => what);
  expect(rows.map(({ what }) => what)).toEqual(expect.arrayContaining(named));
  expect(named.length).toBeGreaterThan(0);

  const figure = (name: string) => median(rows.find(({ what }) => what === name)!.values);
  const parts = rows.filter(({ what }) => /^a tile: .* alone$/.test(what));
  expect(parts).toHaveLength(3);
  expect(figure("a tile: all of these")).toBeCloseTo(parts.reduce((sum, { values }) => sum + median(values), 0));
  expect(figure("1 row: q4 products alone")).toBeCloseTo(1000 / figure("a step: q4 products alone"));
});
