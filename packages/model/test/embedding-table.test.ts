import { graphDataPaths, graphPath, InternVL2_5Config } from "@internvl/config";
import { convertCheckpoint } from "@internvl/convert";
import { MemoryFolder } from "@internvl/core";
import { DirectoryFiles, nodeRuntime } from "@internvl/runtime-node";
import { describe, expect, it } from "vitest";
import { GraphEmbeddings, type TokenEmbeddings } from "../src/engine/embeddings.js";
import { openTable } from "../src/table/open-table.js";
import { DEMO_CHECKPOINT } from "./demo.js";
import { type Look, scaled, table, writeEmbeddings } from "./table-graph.js";
import { tinyCheckpoint } from "./tiny.js";

/** Some rows at the most, so that most are read. */
const KEPT = { kept_bytes: 1000 };
const GRAPH = "onnx/embed_tokens.onnx";

async function writtenGraph(look: Look): Promise<MemoryFolder> {
  const folder = new MemoryFolder();
  await writeEmbeddings(folder, GRAPH, look);
  return folder;
}

/** What onnxruntime makes of the same files. */
async function graphEmbeddings(
  files: MemoryFolder,
  dtype: "fp32" | "fp16" | "int8" = "fp32",
): Promise<GraphEmbeddings> {
  const path = graphPath("embed_tokens", dtype);
  const data = graphDataPaths("embed_tokens", dtype, await files.list());
  const externalData = data.map((file) => file.slice("onnx/".length));
  return new GraphEmbeddings(await nodeRuntime.inference.createSession({ files, path, externalData }));
}

/** The bits of float32 numbers. All NaN are one: only that they are NaN matters. */
function bitsOf(values: Float32Array): Uint32Array {
  const bits = new Uint32Array(values.slice().buffer);
  return bits.map((each, index) => (Number.isNaN(values[index]!) ? 0x7fc00000 : each));
}

async function vocabularyOf(folder: MemoryFolder): Promise<number> {
  return (await InternVL2_5Config.from_pretrained(folder)).text_config.vocab_size;
}

/** Every row, the last first, and once more in a second row of the batch. */
async function expectSame(ours: TokenEmbeddings, graph: TokenEmbeddings, rows: number): Promise<void> {
  const ids = Array.from({ length: rows }, (_, id) => rows - 1 - id);
  const both = [ids, [...ids].reverse()];
  const [mine, theirs] = [await ours.lookUp(both), await graph.lookUp(both)];
  expect(mine.dims).toEqual(theirs.dims);
  expect(mine.type).toBe("float32");
  const [a, b] = [bitsOf(mine.data as Float32Array), bitsOf(theirs.data as Float32Array)];
  expect(a.findIndex((bits, index) => bits !== b[index])).toBe(-1);
  await graph.release();
}

describe("rows of a file are those of the graph, bit for bit", () => {
  it.each(["fp32", "fp16", "int8"] as const)("as the converter writes %s", async (dtype) => {
    const folder = new MemoryFolder();
    await convertCheckpoint(new DirectoryFiles(DEMO_CHECKPOINT), folder, { dtype });
    const path = dtype === "fp32" ? GRAPH : `onnx/embed_tokens_${dtype}.onnx`;
    const ours = await openTable(folder, path, KEPT);
    await expectSame(ours!, await graphEmbeddings(folder, dtype), await vocabularyOf(folder));
  });

  it.each(["fp32", "fp16"] as const)("from a table in %s that the output layer shares", async (dtype) => {
    const folder = new MemoryFolder();
    await convertCheckpoint(tinyCheckpoint("tiny-1b-tied"), folder, { dtype });
    const suffix = dtype === "fp32" ? "" : `_${dtype}`;
    expect(folder.files.has(`onnx/tied_embeddings${suffix}.onnx_data`)).toBe(true);
    const ours = await openTable(folder, `onnx/embed_tokens${suffix}.onnx`, KEPT);
    await expectSame(ours!, await graphEmbeddings(folder, dtype), await vocabularyOf(folder));
  });

  it("for every number of float16", async () => {
    const halves = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
    const folder = await writtenGraph((g, ids) =>
      g.cast(g.gather(table(g, "float16", [512, 128], halves), ids), "float32"),
    );
    await expectSame((await openTable(folder, GRAPH, KEPT))!, await graphEmbeddings(folder), 512);
  });

  it("for every number of int8, times scales of any kind", async () => {
    const scales = Float32Array.of(0.1, -0.3, 1e-40, 3e38, 0, -0, 1 / 3, Number.POSITIVE_INFINITY, Number.NaN, 1e-45);
    const bytes = Int8Array.from({ length: 256 * scales.length }, (_, index) => index);
    const folder = await writtenGraph((g, ids) =>
      scaled(g, ids, table(g, "int8", [scales.length, 256], bytes), scales),
    );
    await expectSame((await openTable(folder, GRAPH, KEPT))!, await graphEmbeddings(folder), scales.length);
  });
});

const floats = Float32Array.from({ length: 12 }, (_, index) => index);

describe("graphs that are to be run", () => {
  it.each([
    ["compute more than a look-up", (g, ids) => g.add(g.gather(table(g, "float32", [4, 3], floats), ids), 1)],
    ["have their table within", (g, ids) => g.gather(g.initializer("t", "float32", [4, 3], floats), ids)],
    ["look along another axis", (g, ids) => g.gather(table(g, "float32", [4, 3], floats), ids, 1)],
    [
      "change the ids first",
      (g, ids) => g.gather(table(g, "float32", [4, 3], floats), g.cast(g.cast(ids, "int32"), "int64")),
    ],
    [
      "have a table of more dimensions",
      (g, ids) => g.gather(g.initializer("t", "float32", [4, 3, 1], { location: "x", offset: 0, byteLength: 48 }), ids),
    ],
    [
      "scale with a number a column",
      (g, ids) => {
        const rows = g.cast(g.gather(table(g, "int8", [4, 3], new Int8Array(12)), ids), "float32");
        return g.mul(rows, g.gather(table(g, "float32", [4, 3], floats), ids));
      },
    ],
    [
      "have fewer scales than rows",
      (g, ids) => scaled(g, ids, table(g, "int8", [4, 3], new Int8Array(12)), new Float32Array(3)),
    ],
    [
      "widen brief floats",
      (g, ids) => g.cast(g.gather(table(g, "bfloat16", [4, 3], new Uint16Array(12)), ids), "float32"),
    ],
  ] satisfies [string, Look][])("%s", async (_, look) => {
    expect(await openTable(await writtenGraph(look), GRAPH, KEPT)).toBeUndefined();
  });
});

describe("files that are not whole", () => {
  const look: Look = (g, ids) => scaled(g, ids, table(g, "int8", [4, 3], new Int8Array(12)), new Float32Array(4));
  const DATA = "onnx/embed_tokens.onnx_data";

  it.each([
    ["the table", 11],
    ["the scales", 79],
  ])("that end within %s are refused when the model is loaded", async (_, length) => {
    const folder = await writtenGraph(look);
    folder.files.set(DATA, folder.files.get(DATA)!.slice(0, length));
    await expect(openTable(folder, GRAPH, KEPT)).rejects.toMatchObject({
      code: "FILE_INVALID",
      message: expect.stringContaining(DATA),
      parts: { got: `${length} bytes` },
    });
  });

  it("and those that are missing or no graph", async () => {
    const folder = await writtenGraph(look);
    folder.files.delete(DATA);
    await expect(openTable(folder, GRAPH, KEPT)).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    folder.files.set(GRAPH, Uint8Array.of(1, 2, 3));
    await expect(openTable(folder, GRAPH, KEPT)).rejects.toMatchObject({ code: "FILE_INVALID" });
  });

  it("and graphs that point out of their folder", async () => {
    const folder = await writtenGraph((g, ids) => {
      const place = { location: "inside.onnx_data", offset: 0, byteLength: 48 };
      return g.gather(g.initializer("t", "float32", [4, 3], place), ids);
    });
    const text = new TextDecoder("latin1")
      .decode(folder.files.get(GRAPH)!)
      .replace("inside.onnx_data", "../../../../pass");
    folder.files.set(
      GRAPH,
      Uint8Array.from(text, (character) => character.charCodeAt(0)),
    );
    await expect(openTable(folder, GRAPH, KEPT)).rejects.toMatchObject({ code: "FILE_INVALID" });
  });
});
