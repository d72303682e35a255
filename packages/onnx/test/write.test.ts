import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileSink, ProgressInfo } from "@internvl/core";
import {
  type ExternalReadOptions,
  type ExternalTensor,
  external,
  externalPlace,
  GraphBuilder,
  parseModel,
  type proto,
  serializeModel,
  writeModel,
} from "@internvl/onnx";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matmul } from "./reference.js";
import { expectClose, floats, noise, noiseTensor, run, runModel } from "./run.js";
import { directorySink, MemorySink } from "./sinks.js";

// 128 x 128 floats are 64 KB: the size from which tensors start at a page. 3 floats end off every alignment.
const D = 128;
const [WEIGHT, BIAS, SHORT] = [noise(D * D, 2), noise(D, 3), noise(3, 4)];

/** A tensor that arrives in pieces of 1000 bytes. */
function streamed(array: Float32Array, yields = array.byteLength): ExternalTensor {
  const bytes = new Uint8Array(array.buffer);
  return {
    byteLength: array.byteLength,
    async *bytes() {
      for (let start = 0; start < yields; start += 1000) yield bytes.subarray(start, Math.min(start + 1000, yields));
    },
  };
}

function linear(weight: ExternalTensor = streamed(WEIGHT)): GraphBuilder {
  const g = new GraphBuilder({ name: "linear", metadata: { made: "here" } });
  const x = g.input("x", "float32", ["rows", D]);
  const short = g.initializer("short", "float32", [3], external(SHORT));
  const product = g.matmul(x, g.initializer("weight", "float32", [D, D], weight));
  g.output("y", g.add(product, g.initializer("bias", "float32", [D], streamed(BIAS))));
  g.output("z", g.neg(short));
  return g;
}

const feeds = { x: noiseTensor([2, D]) };
const expected = matmul(noise(2 * D), WEIGHT, 2, D, D).map((value, i) => value + (BIAS[i % D] as number));

describe("writeModel", () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "onnx-write-"));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it("writes a model that onnxruntime loads by its path, to the same numbers", async () => {
    const written = await writeModel(directorySink(directory), "onnx/linear.onnx", linear());
    expect(written.files).toEqual(["onnx/linear.onnx_data", "onnx/linear.onnx"]);
    expect((await readdir(join(directory, "onnx"))).sort()).toEqual(["linear.onnx", "linear.onnx_data"]);
    const { y, z } = await runModel(linear(), join(directory, "onnx/linear.onnx"), feeds);
    expectClose(floats(y), expected, 1e-5);
    expect(floats(z)).toEqual([...SHORT].map((value) => -value));
    expect(floats((await run(linear(), feeds))["y"])).toEqual(floats(y));
  });

  it("points into a file that is there already", async () => {
    const file = Buffer.concat([Buffer.alloc(12, 0xff), Buffer.from(BIAS.buffer)]);
    await writeFile(join(directory, "weights.safetensors"), file);
    const g = new GraphBuilder({ name: "located" });
    const bias = { location: "weights.safetensors", offset: 12, byteLength: BIAS.byteLength };
    g.output("y", g.add(g.input("x", "float32", ["rows", D]), g.initializer("bias", "float32", [D], bias)));
    const written = await writeModel(directorySink(directory), "located.onnx", g);
    expect(written.files).toEqual(["located.onnx"]);
    const { y } = await runModel(g, join(directory, "located.onnx"), feeds);
    expectClose(
      floats(y),
      noise(2 * D).map((value, i) => value + (BIAS[i % D] as number)),
      1e-6,
    );
    await expect(serializeModel(g)).rejects.toThrow(/"bias" lies in a file/);
  });

  it("lays large tensors at pages and small ones at cache lines, a piece at a time", async () => {
    const sink = new MemorySink();
    const reports: ProgressInfo[] = [];
    const progress_callback = (info: ProgressInfo) => reports.push(info);
    const { byteLength } = await writeModel(sink, "m.onnx", linear(), { externalData: "w.bin", progress_callback });
    expect(sink.committed).toEqual(["w.bin", "m.onnx"]);
    const [model, data] = [sink.files.get("m.onnx"), sink.files.get("w.bin")] as [Uint8Array, Uint8Array];
    expect(byteLength).toBe(model.byteLength + data.byteLength);
    expect(sink.largest).toBeLessThan(5000);
    const parsed = parseModel(model);
    expect(parsed.metadataProps).toMatchObject([{ key: "made", value: "here" }]);
    const places = parsed.graph?.initializer.map(({ name, externalData, rawData }) => {
      expect(rawData).toHaveLength(0);
      return [name, ...externalData.map(({ key, value }) => `${key}=${value}`)];
    });
    expect(places).toEqual([
      ["short", "location=w.bin", "offset=0", "length=12"],
      ["weight", "location=w.bin", "offset=4096", "length=65536"],
      ["bias", "location=w.bin", "offset=69632", "length=512"],
    ]);
    const [short, weight] = parsed.graph!.initializer as [proto.TensorProto, proto.TensorProto];
    expect(externalPlace(weight)).toEqual({ location: "w.bin", offset: 4096, byteLength: 65536 });
    // Both numbers may be left out, and everything where the bytes are in the graph.
    expect(externalPlace({ ...short, externalData: short.externalData.slice(0, 1) })).toEqual({
      location: "w.bin",
      offset: 0,
      byteLength: undefined,
    });
    expect(externalPlace({ ...short, externalData: [] })).toBeUndefined();
    expect(new Float32Array(data.buffer, 4096, D * D)).toEqual(WEIGHT);
    expect(reports.at(-1)).toEqual({ stage: "write", name: "bias", loaded: 70144, total: 70144, unit: "bytes" });
  });

  it("writes a piece while the next one is made, and one at a time", async () => {
    const events: string[] = [];
    let isAsked: () => void = () => {};
    const pieces = {
      byteLength: 3,
      async *bytes() {
        for (const piece of [0, 1, 2]) {
          events.push(`make ${piece}`);
          // Writing the piece before ends only now.
          isAsked();
          yield Uint8Array.of(piece);
        }
        isAsked();
      },
    };
    const sink = new MemorySink();
    const slow: FileSink = {
      name: "slow",
      async create(path) {
        const writer = await sink.create(path);
        if (path === "m.onnx") return writer;
        const write = async (bytes: Uint8Array) => {
          await new Promise<void>((resolve) => {
            isAsked = resolve;
          });
          events.push(`written ${bytes[0]}`);
          await writer.write(bytes);
        };
        return { ...writer, write };
      },
    };
    const g = new GraphBuilder({ name: "slow" });
    g.output("y", g.add(g.input("x", "uint8", [3]), g.initializer("w", "uint8", [3], pieces)));
    await writeModel(slow, "m.onnx", g);
    expect(events).toEqual(["make 0", "make 1", "written 0", "make 2", "written 1", "written 2"]);
    expect([...sink.files.get("m.onnx_data")!]).toEqual([0, 1, 2]);
  });

  it("counts work before a tensor's first piece, forwards only, up to the total", async () => {
    const loaded: number[] = [];
    const prepared = {
      byteLength: 1000,
      async *bytes({ preparing }: ExternalReadOptions = {}) {
        for (const done of [0.25, 0.5, 1]) preparing?.(done);
        yield new Uint8Array(600);
        yield new Uint8Array(400);
      },
    };
    const g = new GraphBuilder({ name: "prepared" });
    const sum = g.add(g.initializer("a", "uint8", [1000], prepared), g.initializer("b", "uint8", [1000], prepared));
    g.output("y", sum);
    const progress_callback = (info: ProgressInfo) => loaded.push(info.loaded);
    await writeModel(new MemorySink(), "m.onnx", g, { progress_callback });
    expect(loaded).toEqual([187, 375, 750, 900, 1000, 1211, 1399, 1774, 1924, 2024]);
  });

  it("writes offsets beyond 4 GB as they are", () => {
    const g = new GraphBuilder({ name: "far" });
    const far = { location: "w.bin", offset: 5_000_000_000, byteLength: 12 };
    g.output("y", g.neg(g.initializer("w", "float32", [3], far)));
    const [offset] = g.build().proto.graph?.initializer[0]?.externalData.filter(({ key }) => key === "offset") ?? [];
    expect(offset?.value).toBe("5000000000");
  });

  it.each([
    ["fewer", 100, /"weight" yields another number of bytes.*Expected 65536 bytes, got 100 bytes/],
    ["more", D * D * 4 + 8, /"weight" yields another number of bytes.*Expected 65536 bytes, got 65544 bytes/],
  ])("refuses a tensor that yields %s bytes than it said", async (_, yields, message) => {
    const sink = new MemorySink();
    const weight = { ...streamed(new Float32Array(D * D + 2), yields), byteLength: D * D * 4 };
    await expect(writeModel(sink, "m.onnx", linear(weight))).rejects.toThrow(message);
    await expect(serializeModel(linear(weight))).rejects.toThrow(message);
    expect([sink.files.size, sink.unfinished.size]).toEqual([0, 0]);
  });

  it("leaves nothing when the disk is full", async () => {
    const sink = new MemorySink(30_000);
    await expect(writeModel(sink, "m.onnx", linear())).rejects.toThrow("no space left on the disk");
    expect([sink.files.size, sink.unfinished.size]).toEqual([0, 0]);
  });

  it("leaves nothing when it is aborted between two pieces", async () => {
    const sink = new MemorySink();
    const controller = new AbortController();
    const progress_callback = ({ loaded }: ProgressInfo) => loaded > 30_000 && controller.abort();
    const writing = writeModel(sink, "m.onnx", linear(), { signal: controller.signal, progress_callback });
    await expect(writing).rejects.toMatchObject({ code: "ABORTED", name: "AbortError" });
    expect([sink.files.size, sink.unfinished.size]).toEqual([0, 0]);
    await expect(writeModel(sink, "m.onnx", linear(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "ABORTED",
    });
  });

  it("refuses a data file outside of the model's folder", async () => {
    await expect(writeModel(new MemorySink(), "m.onnx", linear(), { externalData: "../w" })).rejects.toMatchObject({
      code: "FILE_INVALID",
    });
  });
});

describe("serializeModel", () => {
  it("refuses what protobuf cannot hold", async () => {
    const g = new GraphBuilder({ name: "huge" });
    const huge = { ...streamed(BIAS), byteLength: 2 ** 31 };
    g.output("y", g.neg(g.initializer("w", "float32", [2 ** 29], huge)));
    await expect(serializeModel(g)).rejects.toThrow(/at most 2147483647 bytes.*got 2147483648 bytes.*use writeModel/);
  });
});

describe("parseModel", () => {
  it("reads what was written", async () => {
    const model = parseModel(await serializeModel(linear()));
    expect(model.opsetImport).toMatchObject([{ domain: "", version: 21n }]);
    expect(model.graph?.node.map(({ opType, name }) => `${name}: ${opType}`)).toEqual([
      "MatMul: MatMul",
      "Add: Add",
      "Neg: Neg",
    ]);
    expect(new Float32Array(model.graph?.initializer[0]?.rawData.slice().buffer ?? new ArrayBuffer(0))).toEqual(SHORT);
  });

  it.each([
    ["text", new TextEncoder().encode("this is not a model")],
    ["nothing", new Uint8Array()],
    ["half a model", new Uint8Array([8, 10, 58, 127, 1, 2])],
  ])("refuses %s", (_, bytes) => {
    expect(() => parseModel(bytes, "a.onnx")).toThrow(/a\.onnx is not an ONNX model/);
  });
});
