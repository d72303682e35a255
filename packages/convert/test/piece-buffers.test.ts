import { MemoryFolder, type ReadRangeOptions } from "@internvl/core";
import { type ExternalTensor, PieceBuffers } from "@internvl/onnx";
import { describe, expect, test } from "vitest";
import { Checkpoint, joinedRows, type WeightSource } from "../src/checkpoint/index.js";
import { toFloat16, toFloat32 } from "../src/quantise/index.js";
import { failure, plainFile } from "./safetensors-files.js";

/** Files that are read into the memory that the reader gives, as a disk's are. */
class ReadingFolder extends MemoryFolder {
  override async readRange(path: string, start: number, end: number, options: ReadRangeOptions = {}) {
    const bytes = await super.readRange(path, start, end, options);
    const { into } = options;
    if (into === undefined) return bytes.slice();
    expect(into.length).toBe(end - start);
    into.set(bytes);
    return into;
  }
}

type Dtype = "F32" | "F16" | "BF16";

/** All patterns of 16 bits again and again, or those that float16 can hold: 3 MB and a bit, so that there are several pieces. */
const PATTERNS = Uint16Array.from({ length: 1_600_001 }, (_, i) => i & 0xffff);
/** As bfloat16, of finite numbers only those below 2^15. */
const FITTING = PATTERNS.map((bits) => ((bits & 0x7fff) >= 0x4700 && (bits & 0x7fff) < 0x7f80 ? bits & 0xbfff : bits));

async function open(elements: Uint16Array | Uint32Array, dtype: Dtype, Folder = ReadingFolder): Promise<WeightSource> {
  const bytes = new Uint8Array(elements.buffer);
  const file = plainFile({ w: { dtype, shape: [elements.length], bytes } });
  return (await Checkpoint.open(new Folder({ "model.safetensors": file }))).get("w");
}

/** Written as a graph's data are: a piece's memory is given back, and filled with something else, one piece later. */
async function written(data: ExternalTensor, buffers: PieceBuffers | undefined): Promise<Uint8Array> {
  const out = new Uint8Array(data.byteLength);
  let [at, previous] = [0, new Uint8Array(0)];
  for await (const piece of data.bytes({ buffers })) {
    if (buffers?.has(previous)) previous.fill(0xaa);
    buffers?.give(previous);
    out.set(piece, at);
    at += piece.length;
    previous = piece as Uint8Array<ArrayBuffer>;
  }
  expect(at).toBe(out.length);
  return out;
}

describe("memory that is used again", () => {
  const wide = Uint32Array.from(FITTING, (bits, i) => (bits << 16) | (i & 0xfff));
  const cases: [string, Uint16Array | Uint32Array, Dtype, (source: WeightSource) => ExternalTensor][] = [
    ["bfloat16 to float16, in place", FITTING, "BF16", toFloat16],
    ["float32 to float16, in place", wide, "F32", toFloat16],
    ["float16 as it is", PATTERNS, "F16", toFloat16],
    ["float32 as it is", wide, "F32", toFloat32],
    ["bfloat16 to float32", PATTERNS, "BF16", toFloat32],
    ["float16 to float32", PATTERNS, "F16", toFloat32],
  ];

  test.each(cases)("gives the bytes that new memory gives: %s", async (_, elements, dtype, convert) => {
    const buffers = new PieceBuffers();
    const expected = await written(convert(await open(elements, dtype, MemoryFolder as never)), undefined);
    const given = await written(convert(await open(elements, dtype)), buffers);
    expect(Buffer.compare(given, expected)).toBe(0);
    // Files that lie in memory are never written to.
    const stored = await open(elements, dtype, MemoryFolder as never);
    const before = Buffer.from((await stored.rows(0, elements.length)).slice());
    expect(Buffer.compare(await written(convert(stored), buffers), expected)).toBe(0);
    expect(Buffer.compare(await stored.rows(0, elements.length), before)).toBe(0);
  });

  test("names the number that does not fit, though those before it are written over", async () => {
    const large = Uint32Array.from(FITTING, (bits) => bits << 16);
    large[1_200_001] = new Uint32Array(Float32Array.of(-1e6).buffer)[0]!;
    const data = toFloat16(await open(large, "F32"));
    const error = await failure(written(data, new PieceBuffers()));
    expect(error.message).toMatch(/got -1000000 at element 1200001/);
  });

  test("serves rows that are joined of several tensors", async () => {
    const parts = await Promise.all([open(FITTING, "BF16"), open(FITTING.slice().reverse(), "BF16")]);
    const segments = parts.map((source) => ({ source, start: 0, end: FITTING.length }));
    const joined = toFloat16(joinedRows("joined", segments));
    const expected = await Promise.all(parts.map((source) => written(toFloat16(source), undefined)));
    expect(Buffer.compare(await written(joined, new PieceBuffers()), Buffer.concat(expected))).toBe(0);
  });
});

test("only what is read as it is stored may be begun early", async () => {
  const source = await open(FITTING, "BF16");
  expect(toFloat16(source).waitingBytes).toBe(3 * 1024 * 1024);
  expect(toFloat32(source).waitingBytes).toBe(3 * 1024 * 1024);
  const { name, dtype, shape } = source;
  const computed: WeightSource = {
    name,
    dtype,
    shape,
    rows: source.rows.bind(source),
    stream: source.stream.bind(source),
  };
  expect(toFloat16(computed).waitingBytes).toBeUndefined();
  const segment = (part: WeightSource) => ({ source: part, start: 0, end: 1 });
  expect(joinedRows("j", [segment(source), segment(source)]).isStored).toBe(true);
  expect(joinedRows("j", [segment(source), segment(computed)]).isStored).toBe(false);
});
