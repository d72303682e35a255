import { expect, test } from "vitest";
import { CACHE_FORMS } from "../src/attention/cache-forms.js";
import { feedsFor } from "../src/attention/feeds.js";
import { TILE_FORMS } from "../src/attention/tile-forms.js";
import { openForm } from "../src/benchmarks/attention.js";

const TILE = { heads: 4, positions: 70, width: 8 };
const PIECE = { heads: 4, keyValueHeads: 2, width: 8, past: 9, fresh: 5 };

async function mixed<Sizes>(form: Parameters<typeof openForm<Sizes>>[0], sizes: Sizes): Promise<number[]> {
  const session = await openForm(form, sizes);
  const outputs = await session.run(feedsFor(session), { fetches: ["mixed"] });
  await session.release();
  return [...(outputs["mixed"]!.data as Float32Array)];
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));
}

test.each(Object.entries(TILE_FORMS).slice(1))("of a tile, %s computes the same", async (name, form) => {
  const expected = await mixed(TILE_FORMS["MultiHeadAttention"]!, TILE);
  expect(Math.max(...expected)).toBeGreaterThan(0.1);
  expect(largestDifference(await mixed(form, TILE), expected)).toBeLessThan(name.includes("int8") ? 0.05 : 1e-5);
});

test.each([
  ["a piece of a prompt", PIECE],
  ["a step", { ...PIECE, fresh: 1 }],
])("over a cache, all forms compute the same for %s", async (_, sizes) => {
  const { heads, width, fresh } = sizes;
  const [ours, together, fused] = await Promise.all(Object.values(CACHE_FORMS).map((form) => mixed(form, sizes)));
  expect(Math.max(...ours!)).toBeGreaterThan(0.1);
  expect(largestDifference(together!, ours!)).toBeLessThan(1e-5);
  const byToken = Array.from({ length: fresh }, (_, token) =>
    Array.from({ length: heads }, (_, head) =>
      ours!.slice((head * fresh + token) * width, (head * fresh + token + 1) * width),
    ),
  ).flat(2);
  expect(largestDifference(fused!, byToken)).toBeLessThan(1e-5);
});
