import { MemoryFolder } from "@internvl/core";
import { describe, expect, test } from "vitest";
import { Checkpoint, type CheckpointTensor, type WeightSource } from "../src/checkpoint/index.js";
import { quantiseBlockwise, quantiseColumns, quantiseRows, toFloat16, toFloat32 } from "../src/quantise/index.js";
import { collect, failure, plainFile } from "./safetensors-files.js";

type Dtype = "F32" | "F16" | "BF16";
const DTYPES: Dtype[] = ["F32", "F16", "BF16"];

/** Numbers that bfloat16, float16 and float32 all hold exactly, around 0 and both larger and smaller than 1. */
function numbers(count: number): Float32Array {
  let state = 12_345;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const exponent = ((state >>> 8) % 6) - 5;
    return ((state % 255) - 127) * 2 ** (exponent - 5);
  });
}

/** The 16-bit patterns of numbers that need no rounding. */
function halves(values: Float32Array, dtype: Dtype): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  if (dtype === "F32") return new Uint8Array(bits.slice().buffer);
  const patterns = Uint16Array.from(bits, (word) => {
    if (dtype === "BF16" || (word & 0x7fffffff) === 0) return word >>> 16;
    return ((word >>> 16) & 0x8000) | (((word & 0x7fffffff) - (112 << 23)) >>> 13);
  });
  return new Uint8Array(patterns.buffer);
}

async function tensor(values: Float32Array, shape: number[], dtype: Dtype | "I64" = "F32"): Promise<CheckpointTensor> {
  const bytes = dtype === "I64" ? new Uint8Array(values.length * 8) : halves(values, dtype);
  // A name of odd length in front puts the data at addresses that are not aligned.
  const file = plainFile({ odd: { dtype: "U8", shape: [1], bytes: new Uint8Array(1) }, w: { dtype, shape, bytes } });
  return (await Checkpoint.open(new MemoryFolder({ "model.safetensors": file }))).get("w");
}

async function floatsOf(data: { bytes(): AsyncIterable<Uint8Array>; byteLength: number }): Promise<Float32Array> {
  const bytes = await collect(data.bytes());
  expect(bytes.byteLength).toBe(data.byteLength);
  return new Float32Array(bytes.buffer);
}

async function bytesOf(data: { bytes(): AsyncIterable<Uint8Array>; byteLength: number }): Promise<Uint8Array> {
  const bytes = await collect(data.bytes());
  expect(bytes.byteLength).toBe(data.byteLength);
  return bytes;
}

describe("toFloat32 and toFloat16", () => {
  const values = numbers(10_001);

  test.each(DTYPES)("give the numbers of %s", async (dtype) => {
    const source = await tensor(values, [73, 137], dtype);
    expect(await floatsOf(toFloat32(source))).toEqual(values);
    expect(await bytesOf(toFloat16(source))).toEqual(halves(values, "F16"));
  });

  test("names the weight that float16 cannot hold", async () => {
    const large = values.slice();
    large[9_000] = -1e6;
    const error = await failure(bytesOf(toFloat16(await tensor(large, [10_001]))));
    expect(error.code).toBe("CONVERSION_FAILED");
    expect(error.message).toMatch(/Tensor w does not fit float16.*got -1000000 at element 9000/);
  });

  test.each([toFloat32, toFloat16])("refuse integers", async (convert) => {
    const integers = await tensor(values, [10_001], "I64");
    expect(() => convert(integers)).toThrow(/Tensor w .*Expected F32, F16 or BF16, got I64/);
  });

  test("stop when aborted", async () => {
    const source = await tensor(values, [10_001], "BF16");
    const reading = collect(toFloat32(source).bytes({ signal: AbortSignal.abort() }));
    expect((await failure(reading)).code).toBe("ABORTED");
  });
});

/** The definition, one number at a time: `[rows][blocks]` of codes and scales. */
function plainBlockwise(values: Float32Array, rows: number, columns: number, bits: 4 | 8, size: number) {
  const zero = 2 ** (bits - 1);
  const codes: number[] = [];
  const scales: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let start = 0; start < columns; start += size) {
      const block = [...values.subarray(row * columns + start, row * columns + Math.min(start + size, columns))];
      const extreme = block.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best));
      const scale = Math.fround(extreme / -zero);
      scales.push(scale);
      const quantised = block.map((value) => Math.min(2 * zero - 1, Math.round(value / scale) + zero));
      codes.push(...quantised, ...new Array<number>(size - block.length).fill(zero));
    }
  }
  return { codes, scales };
}

function unpack(data: Uint8Array, bits: 4 | 8): number[] {
  return bits === 8 ? [...data] : [...data].flatMap((byte) => [byte & 15, byte >> 4]);
}

describe("quantiseBlockwise", () => {
  const cases = [
    { bits: 4, rows: 3, columns: 112, block_size: 128 },
    { bits: 4, rows: 5, columns: 257, block_size: 128 },
    { bits: 4, rows: 4, columns: 64, block_size: 32 },
    { bits: 8, rows: 3, columns: 112, block_size: 128 },
    { bits: 8, rows: 5, columns: 257, block_size: 16 },
  ] as const;
  describe.each(cases)(
    "$bits bits, [$rows, $columns], blocks of $block_size",
    ({ bits, rows, columns, block_size }) => {
      const values = numbers(rows * columns);
      const blocks = Math.ceil(columns / block_size);

      test.each(DTYPES)("from %s as a plain implementation", async (dtype) => {
        const { data, scales } = quantiseBlockwise(await tensor(values, [rows, columns], dtype), { bits, block_size });
        expect(data.byteLength).toBe((rows * blocks * block_size * bits) / 8);
        expect(scales.byteLength).toBe(rows * blocks * 4);
        const expected = plainBlockwise(values, rows, columns, bits, block_size);
        expect(unpack(await bytesOf(data), bits)).toEqual(expected.codes);
        expect([...(await floatsOf(scales))]).toEqual(expected.scales);
      });

      test("is off by half a step at most, by a whole one at the upper end", async () => {
        const { data, scales } = quantiseBlockwise(await tensor(values, [rows, columns]), { bits, block_size });
        const codes = unpack(await bytesOf(data), bits);
        const steps = await floatsOf(scales);
        const top = 2 ** bits - 1;
        for (let i = 0; i < values.length; i++) {
          const row = Math.floor(i / columns);
          const at = row * blocks * block_size + (i % columns);
          const scale = steps[Math.floor(at / block_size)]!;
          const error = Math.abs((codes[at]! - 2 ** (bits - 1)) * scale - values[i]!) / Math.abs(scale);
          expect(error).toBeLessThanOrEqual(codes[at] === top ? 1 : 0.5 + 1e-6);
        }
      });
    },
  );

  test("reads the source once for data and then scales, and again for scales alone", async () => {
    const source = await tensor(numbers(336), [3, 112]);
    let reads = 0;
    const { name, dtype, shape, rows } = source;
    const stream: WeightSource["stream"] = (options) => {
      reads++;
      return source.stream(options);
    };
    const { data, scales } = quantiseBlockwise({ name, dtype, shape, rows, stream }, { bits: 4 });
    const alone = await bytesOf(scales);
    expect(reads).toBe(1);
    await bytesOf(data);
    expect(await bytesOf(scales)).toEqual(alone);
    expect(reads).toBe(2);
    expect(await bytesOf(scales)).toEqual(alone);
    expect(reads).toBe(3);
  });

  test("maps a block of zeros, and of numbers without a float32 scale, to 0", async () => {
    const values = new Float32Array(32).fill(2 ** -149, 16);
    const { data, scales } = quantiseBlockwise(await tensor(values, [1, 32]), { bits: 4, block_size: 16 });
    expect([...(await bytesOf(data))]).toEqual(new Array(16).fill(0x88));
    expect([...(await floatsOf(scales))]).toEqual([0, 0]);
  });

  test.each([0, 8, 100, 64.5])("refuses blocks of %d", async (block_size) => {
    const source = await tensor(numbers(128), [1, 128]);
    expect(() => quantiseBlockwise(source, { bits: 4, block_size })).toThrow(/power of two from 16 up, got/);
  });
});

/** The definition, one number at a time: `[columns][rows]` of codes, and the scales. */
function plainColumns(values: Float32Array, rows: number, columns: number) {
  const codes = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let n = 0; n < rows; n++) {
    const row = [...values.subarray(n * columns, (n + 1) * columns)];
    const sums = row.map((value, k) => (k % 2 === 1 ? row[k - 1]! + value : 0));
    const scale = Math.fround(Math.max(...row.map(Math.abs), ...sums.map(Math.abs)) / 127);
    scales[n] = scale;
    for (let k = 0; k < columns; k++) codes[k * rows + n] = scale === 0 ? 0 : Math.floor(row[k]! / scale + 0.5);
  }
  return { codes, scales };
}

describe("quantiseColumns", () => {
  const sizes = [
    [8, 112],
    [7, 50],
    [100, 36],
    [129, 67],
  ] as const;

  test.each(sizes)("[%i, %i] is transposed as a plain implementation has it", async (rows, columns) => {
    const values = numbers(rows * columns);
    values.fill(0, 0, columns);
    const expected = plainColumns(values, rows, columns);
    for (const dtype of DTYPES) {
      const { data, scales } = quantiseColumns(await tensor(values, [rows, columns], dtype));
      expect(new Int8Array((await bytesOf(data)).buffer)).toEqual(expected.codes);
      expect(await floatsOf(scales)).toEqual(expected.scales);
    }
  });

  test.each([
    ["neighbours of one sign", [1, 0.98, 0.5, 0.25], [64, 63, 32, 16], 1.98],
    ["and of the other", [-1, -0.98, -0.5, 0.25], [-64, -63, -32, 16], 1.98],
    ["neighbours of both signs, and others that are none", [1, -1, 1, 0.25], [102, -102, 102, 25], 1.25],
    ["a number that stands out", [4, 0.01, 0.5, 0.5, 1], [127, 0, 16, 16, 32], 4.01],
  ])("the largest sum counts: %s", async (_, row, codes, largest) => {
    const { data, scales } = quantiseColumns(await tensor(Float32Array.from(row), [1, row.length]));
    expect([...new Int8Array((await bytesOf(data)).buffer)]).toEqual(codes);
    expect((await floatsOf(scales))[0]).toBeCloseTo(largest / 127, 6);
  });

  test("no sum of two products reaches 16 bits, whatever the activations", async () => {
    const [rows, columns] = [64, 1024];
    const { data } = quantiseColumns(await tensor(numbers(rows * columns), [rows, columns]));
    const codes = new Int8Array((await bytesOf(data)).buffer);
    let [most, least] = [0, 0];
    for (let k = 0; k < columns; k += 2) {
      for (let n = 0; n < rows; n++) {
        const [a, b] = [codes[k * rows + n]!, codes[(k + 1) * rows + n]!];
        most = Math.max(most, 255 * (Math.max(a, 0) + Math.max(b, 0)));
        least = Math.min(least, 255 * (Math.min(a, 0) + Math.min(b, 0)));
      }
    }
    expect(most).toBeLessThan(2 ** 15);
    expect(least).toBeGreaterThanOrEqual(-(2 ** 15));
    // Not by a wide margin: the digits are used.
    expect(Math.max(most, -least)).toBeGreaterThan(32_000);
  });
});

describe("quantiseRows", () => {
  test.each(DTYPES)("from %s keeps the layout, one scale a row", async (dtype) => {
    const [rows, columns] = [9, 57];
    const values = numbers(rows * columns);
    values.fill(0, 0, columns);
    const { data, scales } = quantiseRows(await tensor(values, [rows, columns], dtype));
    const codes = new Int8Array((await bytesOf(data)).buffer);
    const steps = await floatsOf(scales);
    for (let v = 0; v < rows; v++) {
      const row = values.subarray(v * columns, (v + 1) * columns);
      const scale = Math.fround(Math.max(...row.map(Math.abs)) / 127);
      expect(steps[v]).toBe(scale);
      const expected = [...row].map((value) => (scale === 0 ? 0 : Math.round(value / scale)));
      // `+ 0` turns -0, which Math.round knows and int8 does not, into 0.
      expect([...codes.subarray(v * columns, (v + 1) * columns)]).toEqual(expected.map((code) => code + 0));
    }
  });
});

describe.each([
  ["quantiseBlockwise", (source: CheckpointTensor) => quantiseBlockwise(source, { bits: 4 })],
  ["quantiseColumns", quantiseColumns],
  ["quantiseRows", quantiseRows],
] as const)("%s", (_, quantise) => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("refuses %d", async (value) => {
    const values = numbers(3 * 112);
    values[112 + 50] = value;
    const error = await failure(collect(quantise(await tensor(values, [3, 112])).data.bytes()));
    expect(error.code).toBe("CONVERSION_FAILED");
    expect(error.message).toMatch(new RegExp(`Tensor w .*got ${value} in row 1, column 50`));
  });

  test("refuses what is no matrix", async () => {
    const vector = await tensor(numbers(112), [112]);
    expect(() => quantise(vector)).toThrow(/Tensor w .*Expected a matrix, got the shape \[112\]/);
  });

  test("is the same in pieces", async () => {
    // 5.3 MB: two pieces.
    const [rows, columns] = [1300, 1024];
    const values = new Float32Array(rows * columns);
    values.set(numbers(values.length));
    const whole = await bytesOf(quantise(await tensor(values, [rows, columns])).data);
    const tail = await bytesOf(quantise(await tensor(values.slice(-columns * 4), [4, columns])).data);
    if (quantise === quantiseColumns) {
      expect(
        [...Array(columns).keys()].every((k) =>
          [0, 1, 2, 3].every((n) => whole[k * rows + rows - 4 + n] === tail[k * 4 + n]),
        ),
      ).toBe(true);
    } else {
      expect(whole.slice(-tail.length)).toEqual(tail);
    }
  });
});

test("a matrix that is turned tells how far it is before its first byte", async () => {
  const rows = 3 * 1024;
  const source = await tensor(numbers(rows * 1024), [rows, 1024]);
  const seen: number[] = [];
  const pieces = quantiseColumns(source)
    .data.bytes({ preparing: (done) => seen.push(done) })
    [Symbol.asyncIterator]();
  await pieces.next();
  // Pieces of 1 MB: 256 rows of float32.
  expect(seen).toEqual(Array.from({ length: 12 }, (_, i) => (i + 1) / 12));
});
