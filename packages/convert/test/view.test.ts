import { MemoryFolder } from "@internvl/core";
import { describe, expect, test } from "vitest";
import { Checkpoint } from "../src/checkpoint/index.js";
import { joinedRows, renamed, rowView, withTensors } from "../src/checkpoint/view.js";
import { collect, plainFile } from "./safetensors-files.js";

function floats(shape: number[], first: number) {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => first + i);
  return { dtype: "F32" as const, shape, bytes: new Uint8Array(values.buffer) };
}

const asFloats = (bytes: Uint8Array) => [...new Float32Array(bytes.slice().buffer)];

async function checkpoint() {
  const file = plainFile({ q: floats([4, 2], 0), k: floats([2, 2], 100), bias: floats([3], 200) });
  return Checkpoint.open(new MemoryFolder({ "model.safetensors": file }, "the model"));
}

describe("views of tensors", () => {
  test("rows of several tensors become one, in any pieces", async () => {
    const source = await checkpoint();
    const [q, k] = [source.get("q"), source.get("k")];
    const joined = joinedRows("qkv", [
      { source: q, start: 2, end: 4 },
      { source: k, start: 0, end: 1 },
      { source: q, start: 0, end: 2 },
    ]);
    const expected = [4, 5, 6, 7, 100, 101, 0, 1, 2, 3];
    expect({ name: joined.name, shape: joined.shape, dtype: joined.dtype }).toEqual({
      name: "qkv",
      shape: [5, 2],
      dtype: "F32",
    });
    expect(asFloats(await collect(joined.stream()))).toEqual(expected);
    expect(asFloats(await collect(joined.stream({ pieceBytes: 1, unitBytes: 3 })))).toEqual(expected);
    expect(asFloats(await joined.rows(1, 4))).toEqual([6, 7, 100, 101, 0, 1]);
    expect(await joined.rows(2, 2)).toHaveLength(0);
  });

  test("elements of vectors are rows", async () => {
    const bias = (await checkpoint()).get("bias");
    const joined = joinedRows("b", [
      { source: bias, start: 1, end: 3 },
      { source: bias, start: 0, end: 1 },
    ]);
    expect(joined.shape).toEqual([3]);
    expect(asFloats(await collect(joined.stream()))).toEqual([201, 202, 200]);
  });

  test("pieces of a computed tensor hold whole rows", async () => {
    const asked: [number, number][] = [];
    const view = rowView({
      name: "v",
      dtype: "F32",
      shape: [5, 3],
      rows: async (start, end) => {
        asked.push([start, end]);
        return new Uint8Array((end - start) * 12);
      },
    });
    expect(await collect(view.stream({ pieceBytes: 40, unitBytes: 8 }))).toHaveLength(60);
    expect(asked).toEqual([
      [0, 2],
      [2, 4],
      [4, 5],
    ]);
  });

  test("tensors of a source are renamed and replaced", async () => {
    const source = await checkpoint();
    const other = renamed("q", source.get("k"));
    expect([other.name, other.shape]).toEqual(["q", [2, 2]]);
    const replaced = withTensors(
      source,
      new Map([
        ["q", other],
        ["new", source.get("bias")],
      ]),
    );
    expect(replaced.names()).toEqual(["bias", "k", "new", "q"]);
    expect(asFloats(await replaced.get("q").rows(0, 1))).toEqual([100, 101]);
    expect(replaced.has("k") && replaced.has("new") && !replaced.has("other")).toBe(true);
  });
});
