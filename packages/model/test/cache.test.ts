import { Tensor } from "@internvl/core";
import { KeyValueCache } from "@internvl/model";
import { describe, expect, it } from "vitest";

const shape = { num_layers: 2, num_key_value_heads: 2, head_dim: 3 };
const batch = 2;

/** Rows whose every number says where it belongs: batch, head, token, place in the head. */
function rows(first: number, count: number, offset: number): Tensor {
  const data: number[] = [];
  for (let row = 0; row < batch; row++) {
    for (let head = 0; head < shape.num_key_value_heads; head++) {
      for (let token = first; token < first + count; token++) {
        for (let i = 0; i < shape.head_dim; i++) data.push(offset + row * 1000 + head * 100 + token * 10 + i);
      }
    }
  }
  return new Tensor("float32", Float32Array.from(data), [batch, shape.num_key_value_heads, count, shape.head_dim]);
}

function outputs(first: number, count: number): Record<string, Tensor> {
  return Object.fromEntries(
    [0, 1].flatMap((layer) => [
      [`new_key_values.${layer}.key`, rows(first, count, layer * 10_000)],
      [`new_key_values.${layer}.value`, rows(first, count, 50_000 + layer * 10_000)],
    ]),
  );
}

/** The first `length` columns of a fed tensor, as the graph sees them. */
function seen(tensor: Tensor, length: number): number[] {
  const [, , capacity, width] = tensor.dims as [number, number, number, number];
  const data = tensor.data as Float32Array;
  const heads = batch * shape.num_key_value_heads;
  return Array.from({ length: heads }, (_, head) => [
    ...data.subarray(head * capacity * width, (head * capacity + length) * width),
  ]).flat();
}

function expectTokens(cache: KeyValueCache, length: number): void {
  const feeds = cache.feeds();
  for (const layer of [0, 1]) {
    expect(seen(feeds[`past_key_values.${layer}.key`]!, length)).toEqual([
      ...(rows(0, length, layer * 10_000).data as Float32Array),
    ]);
    expect(seen(feeds[`past_key_values.${layer}.value`]!, length)).toEqual([
      ...(rows(0, length, 50_000 + layer * 10_000).data as Float32Array),
    ]);
  }
}

const visible = (count: number) => new Array<number>(batch * count).fill(1);

describe("KeyValueCache", () => {
  it("keeps every number in its place over pieces, steps and growth", () => {
    const cache = new KeyValueCache(batch, shape);
    cache.append(outputs(0, 5), 5, visible(5), 0);
    expect(cache.capacity).toBe(5);
    cache.append(outputs(5, 2), 2, visible(2), 4);
    expect(cache.capacity).toBeGreaterThanOrEqual(11);
    for (let token = 7; token < 90; token++) cache.append(outputs(token, 1), 1, visible(1), 4);
    expect(cache.length).toBe(90);
    expectTokens(cache, 90);
  });

  it("hides padding and unused room, and nothing else", () => {
    const cache = new KeyValueCache(batch, shape);
    cache.append(outputs(0, 3), 3, [0, 0, 1, 1, 1, 1], 8);
    const mask = cache.feeds()["past_mask"]!;
    const data = mask.data as Float32Array;
    const capacity = mask.dims[1]!;
    expect([...data].map((value) => (value === 0 ? 1 : 0))).toEqual([
      ...[0, 0, 1, ...new Array(capacity - 3).fill(0)],
      ...[1, 1, 1, ...new Array(capacity - 3).fill(0)],
    ]);
  });

  it("forgets what it is cropped to and writes over it", () => {
    const cache = new KeyValueCache(batch, shape);
    cache.append(outputs(0, 6), 6, visible(6), 0);
    cache.crop(2);
    expect(cache.length).toBe(2);
    expect([...(cache.feeds()["past_mask"]!.data as Float32Array)].filter((value) => value === 0)).toHaveLength(4);
    cache.append(outputs(2, 3), 3, visible(3), 0);
    expectTokens(cache, 5);
    expect(() => cache.crop(6)).toThrow(/Expected 0 to 5, got 6/);
  });

  it("is an error to use after it was disposed of", () => {
    const cache = new KeyValueCache(batch, shape);
    cache.append(outputs(0, 1), 1, visible(1), 0);
    expect(cache.byteLength).toBe(2 * 2 * batch * 2 * 1 * 3 * 4);
    cache.dispose();
    cache.dispose();
    expect(cache.byteLength).toBe(0);
    expect(() => cache.feeds()).toThrow(/disposed/);
  });
});
