import { readFileSync } from "node:fs";
import { MemoryFolder } from "@internvl/core";
import { describe, expect, test } from "vitest";
import { Checkpoint, expectTensors } from "../src/checkpoint/index.js";
import { collect, failure, type PlainTensor, plainFile, zeros } from "./safetensors-files.js";

const INDEX = "model.safetensors.index.json";
const index = (weight_map: Record<string, unknown>) => JSON.stringify({ metadata: { total_size: 1 }, weight_map });

function floats(shape: number[], first = 0): PlainTensor {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => first + i);
  return { dtype: "F32", shape, bytes: new Uint8Array(values.buffer) };
}

const open = (contents: Record<string, Uint8Array | string>) =>
  Checkpoint.open(new MemoryFolder(contents, "the model"));
const asFloats = (bytes: Uint8Array) => [...new Float32Array(bytes.slice().buffer)];

describe("a checkpoint in one file", () => {
  const file = plainFile({ "w.b": floats([3, 2]), "w.a": floats([4], 10), bias: zeros("BF16", [5]) });

  test("lists, finds and counts its tensors", async () => {
    const checkpoint = await open({ "model.safetensors": file });
    expect(checkpoint.names()).toEqual(["bias", "w.a", "w.b"]);
    expect(checkpoint.files).toEqual(["model.safetensors"]);
    expect(checkpoint.has("w.a")).toBe(true);
    expect(checkpoint.has("w.c")).toBe(false);
    const { name, dtype, shape, numel, byteLength, file: path, offset } = checkpoint.get("w.a");
    expect({ name, dtype, shape, numel, byteLength, path }).toEqual({
      name: "w.a",
      dtype: "F32",
      shape: [4],
      numel: 4,
      byteLength: 16,
      path: "model.safetensors",
    });
    expect(asFloats(file.slice(offset, offset + byteLength))).toEqual([10, 11, 12, 13]);
    expect(checkpoint.totals()).toEqual({ tensors: 3, parameters: 15, bytes: 50, dtypes: { F32: 10, BF16: 5 } });
  });

  test("reads a tensor whole, by rows and in pieces", async () => {
    const tensor = (await open({ "model.safetensors": file })).get("w.b");
    expect(asFloats(await tensor.read())).toEqual([0, 1, 2, 3, 4, 5]);
    expect(asFloats(await tensor.rows(1, 3))).toEqual([2, 3, 4, 5]);
    expect(await tensor.rows(3, 3)).toHaveLength(0);
    const pieces: number[][] = [];
    for await (const piece of tensor.stream({ pieceBytes: 20, unitBytes: 8 })) pieces.push(asFloats(piece));
    expect(pieces).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ]);
    expect(asFloats(await collect(tensor.stream({ pieceBytes: 1, unitBytes: 8 })))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test.each([
    [-1, 1],
    [2, 1],
    [0, 4],
    [0.5, 1],
  ])("refuses rows %d to %d of 3", async (start, end) => {
    const tensor = (await open({ "model.safetensors": file })).get("w.b");
    await expect(async () => tensor.rows(start, end)).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });

  test("stops a stream that is aborted", async () => {
    const tensor = (await open({ "model.safetensors": file })).get("w.b");
    const controller = new AbortController();
    const seen: Uint8Array[] = [];
    const reading = (async () => {
      for await (const piece of tensor.stream({ pieceBytes: 8, signal: controller.signal })) {
        seen.push(piece);
        controller.abort();
      }
    })();
    expect((await failure(reading)).code).toBe("ABORTED");
    expect(seen).toHaveLength(1);
  });

  test("names a tensor that is not there", async () => {
    const checkpoint = await open({ "model.safetensors": file });
    expect(() => checkpoint.get("w.c")).toThrow(/the model has no tensor w\.c/);
  });

  test("reads what the reference library wrote", async () => {
    const bytes = new Uint8Array(readFileSync(new URL("fixtures/reference.safetensors", import.meta.url)));
    const checkpoint = await open({ "model.safetensors": bytes });
    const ids = await checkpoint.get("ids").read();
    expect([...new BigInt64Array(ids.slice().buffer)]).toEqual([-2n, -1n, 0n, 1n, 2n]);
    expect(asFloats(await checkpoint.get("scalar").rows(0, 1))).toEqual([3.25]);
    expect(await collect(checkpoint.get("empty").stream())).toHaveLength(0);
  });
});

describe("a checkpoint in shards", () => {
  const first = plainFile({ a: floats([2]), b: floats([2], 5) });
  const second = plainFile({ c: floats([1], 9) });
  const weightMap = { a: "1.safetensors", b: "1.safetensors", c: "parts/2.safetensors" };

  test("is one set of tensors", async () => {
    const files = { "1.safetensors": first, "parts/2.safetensors": second, [INDEX]: index(weightMap) };
    const checkpoint = await open(files);
    expect(checkpoint.files).toEqual(["1.safetensors", "parts/2.safetensors"]);
    expect(checkpoint.names()).toEqual(["a", "b", "c"]);
    expect(asFloats(await checkpoint.get("b").read())).toEqual([5, 6]);
    expect(checkpoint.get("c").file).toBe("parts/2.safetensors");
    expect(asFloats(await checkpoint.get("c").read())).toEqual([9]);
  });

  test("lists all shards that are missing", async () => {
    const error = await failure(open({ [INDEX]: index({ ...weightMap, d: "3.safetensors" }), "1.safetensors": first }));
    expect(error.code).toBe("CHECKPOINT_INVALID");
    expect(error.message).toMatch(/lacks 2 shards\. Expected the 3 files.*got none named 3\.safetensors, parts\/2\.s/);
  });

  test("says which shard was cut off, and by how much", async () => {
    const cut = { "1.safetensors": first.subarray(0, -7), "parts/2.safetensors": second, [INDEX]: index(weightMap) };
    const error = await failure(open(cut));
    expect(error.code).toBe("FILE_INVALID");
    expect(error.message).toMatch(/1\.safetensors in the model was cut off: 7 bytes are missing/);
  });

  test("reports tensors that are not where the index says, and tensors that it does not name", async () => {
    const files = {
      "1.safetensors": first,
      "parts/2.safetensors": second,
      [INDEX]: index({ a: "1.safetensors", c: "1.safetensors", d: "parts/2.safetensors" }),
    };
    const checkpoint = await open(files);
    const [absent, unnamed] = [
      `2 tensors not where ${INDEX} says: c in 1.safetensors, d in parts/2.safetensors`,
      `2 tensors that ${INDEX} does not name there: b in 1.safetensors, c in parts/2.safetensors (named in 1.safetensors)`,
    ];
    expect(checkpoint.problems).toEqual([absent, unnamed]);
    const check = () => expectTensors(checkpoint, [{ name: "gone", shape: [1] }], { problems: checkpoint.problems });
    const error = await failure((async () => check())());
    expect(error.code).toBe("CHECKPOINT_INVALID");
    expect(error.message).toContain(
      `${absent}; ${unnamed}; 1 tensor missing: gone [1]; 3 tensors not expected: a, b, c`,
    );
  });

  test.each([
    [{ a: "../1.safetensors" }, /outside of its folder/],
    [{ a: 3 }, /names no file for a/],
    [[], /weight_map, an object, got \[\]/],
    [undefined, /weight_map, an object, got nothing/],
  ])("refuses the weight_map %j", async (weight_map, message) => {
    const error = await failure(open({ [INDEX]: JSON.stringify({ weight_map }) }));
    expect(error.code).toBe("FILE_INVALID");
    expect(error.message).toMatch(message);
  });
});

describe("a folder without weights that can be read", () => {
  test("pickles", async () => {
    const error = await failure(open({ "pytorch_model.bin": "", "config.json": "{}" }));
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toMatch(/got pytorch_model\.bin.*safe_serialization/);
  });

  test("nothing", async () => {
    const error = await failure(open({ "config.json": "{}" }));
    expect(error).toMatchObject({ code: "FILE_NOT_FOUND", message: expect.stringContaining("the model holds no") });
  });

  test("shards without their index", async () => {
    const error = await failure(open({ "model-00001-of-00002.safetensors": "" }));
    expect(error).toMatchObject({ code: "FILE_NOT_FOUND", message: expect.stringContaining("got model-00001-of-") });
  });
});

describe("expectTensors", () => {
  const contents = {
    "model.safetensors": plainFile({
      good: zeros("BF16", [2, 3]),
      turned: zeros("F32", [3, 2]),
      eight: zeros("F8_E4M3", [4]),
      long: zeros("I64", [1]),
      more: zeros("F16", [1]),
    }),
  };
  const specs = [
    { name: "good", shape: [2, 3] },
    { name: "turned", shape: [2, 3] },
    { name: "eight", shape: [4] },
    { name: "long", shape: [1] },
    { name: "absent", shape: [7, 8] },
    { name: "may be absent", shape: [7, 8], optional: true },
  ];

  test("passes what is as expected", async () => {
    const checkpoint = await open(contents);
    expect(expectTensors(checkpoint, [specs[0]!, specs[5]!])).toEqual(["eight", "long", "more", "turned"]);
    expect(() => expectTensors(checkpoint, [specs[0]!], { extra: "refuse" })).toThrow(
      /4 tensors not expected: eight, long, more, turned/,
    );
  });

  test("reports everything in one error", async () => {
    const checkpoint = await open(contents);
    const error = await failure((async () => expectTensors(checkpoint, specs, { extra: "refuse" }))());
    expect(error.code).toBe("CHECKPOINT_INVALID");
    expect(error.message).toContain("1 tensor missing: absent [7, 8]");
    expect(error.message).toContain("1 tensor of another shape: turned is [3, 2] and not [2, 3]");
    expect(error.message).toContain("2 tensors of another dtype: eight is F8_E4M3, long is I64");
    expect(error.message).toContain("1 tensor not expected: more");
  });

  test("names eight of a kind and counts the rest", async () => {
    const checkpoint = await open(contents);
    const many = Array.from({ length: 20 }, (_, i) => ({ name: `t${i}`, shape: [1] }));
    expect(() => expectTensors(checkpoint, many)).toThrow(/20 tensors missing: t0 \[1\], .*t7 \[1\], and 12 more;/);
  });
});
