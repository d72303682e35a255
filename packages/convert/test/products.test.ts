import type { Dtype } from "@internvl/config";
import { Layers } from "@internvl/convert";
import { MemoryFolder, Tensor } from "@internvl/core";
import { GraphBuilder, writeModel } from "@internvl/onnx";
import { nodeInference } from "@internvl/runtime-node";
import { describe, expect, test } from "vitest";
import { Checkpoint } from "../src/checkpoint/index.js";
import { quantiseBlockwise, quantiseColumns } from "../src/quantise/index.js";
import { collect, plainFile } from "./safetensors-files.js";

const [ROWS, INPUTS, OUTPUTS] = [9, 256, 24];
const BLOCK_SIZE = 128;

/** A layer `fc` with every third output made of large neighbours, and with a bias. */
function layer(): { weight: Float32Array; bias: Float32Array } {
  const weight = Float32Array.from({ length: OUTPUTS * INPUTS }, (_, i) => {
    const [output, input] = [Math.floor(i / INPUTS), i % INPUTS];
    return output % 3 === 0 ? 1 - 0.001 * (input % 5) : Math.sin(i * 1.7) * Math.cos(i * 0.3) ** 3;
  });
  return { weight, bias: Float32Array.from({ length: OUTPUTS }, (_, i) => i / 8 - 1) };
}

/** Activations of which most are close to the largest: their codes are close to 255. */
function activations(): Float32Array {
  return Float32Array.from({ length: ROWS * INPUTS }, (_, i) =>
    i % 97 === 0 ? -0.1 : 2 - 0.3 * Math.abs(Math.sin(i)),
  );
}

function bytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer);
}

async function checkpoint(): Promise<Checkpoint> {
  const { weight, bias } = layer();
  const file = plainFile({
    "fc.weight": { dtype: "F32", shape: [OUTPUTS, INPUTS], bytes: bytes(weight) },
    "fc.bias": { dtype: "F32", shape: [OUTPUTS], bytes: bytes(bias) },
  });
  return Checkpoint.open(new MemoryFolder({ "model.safetensors": file }));
}

/** What onnxruntime computes of `linear` for the first `rows` activations. */
async function product(dtype: Dtype, rows: number): Promise<Float32Array> {
  const g = new GraphBuilder({ name: "product" });
  const x = g.input("x", "float32", ["rows", INPUTS]);
  g.output("y", new Layers(g, await checkpoint(), dtype).linear(x, "fc"));
  const files = new MemoryFolder();
  await writeModel(files, "model.onnx", g);
  const session = await nodeInference.createSession(
    { files, path: "model.onnx", externalData: ["model.onnx_data"] },
    {},
  );
  try {
    const { y } = await session.run({
      x: new Tensor("float32", activations().subarray(0, rows * INPUTS), [rows, INPUTS]),
    });
    return y!.data as Float32Array;
  } finally {
    await session.release();
  }
}

/** `x [rows, inputs]` times `weight [outputs, inputs]` transposed, plus the bias, in double precision. */
function plainProduct(x: ArrayLike<number>, weight: ArrayLike<number>, rows: number): number[] {
  const { bias } = layer();
  return Array.from({ length: rows * OUTPUTS }, (_, i) => {
    const [row, output] = [Math.floor(i / OUTPUTS), i % OUTPUTS];
    let sum = bias[output]!;
    for (let k = 0; k < INPUTS; k++) sum += x[row * INPUTS + k]! * weight[output * INPUTS + k]!;
    return sum;
  });
}

/** As DynamicQuantizeMatMul rounds them: 8 bits from the smallest to the largest of all. */
function roundedActivations(x: Float32Array): number[] {
  const [least, most] = [Math.min(0, ...x), Math.max(0, ...x)];
  const scale = Math.fround(Math.fround(most - least) / 255);
  const zero = Math.round(-least / scale);
  return Array.from(x, (value) => (Math.min(255, Math.max(0, Math.round(value / scale) + zero)) - zero) * scale);
}

async function columnWeights(): Promise<number[]> {
  const { data, scales } = quantiseColumns((await checkpoint()).get("fc.weight"));
  const codes = new Int8Array((await collect(data.bytes())).buffer);
  const steps = new Float32Array((await collect(scales.bytes())).buffer);
  return Array.from({ length: OUTPUTS * INPUTS }, (_, i) => {
    const [output, input] = [Math.floor(i / INPUTS), i % INPUTS];
    return codes[input * OUTPUTS + output]! * steps[output]!;
  });
}

async function blockWeights(bits: 4 | 8): Promise<number[]> {
  const { data, scales } = quantiseBlockwise((await checkpoint()).get("fc.weight"), { bits, block_size: BLOCK_SIZE });
  const packed = await collect(data.bytes());
  const steps = new Float32Array((await collect(scales.bytes())).buffer);
  const codes = bits === 8 ? [...packed] : [...packed].flatMap((byte) => [byte & 15, byte >> 4]);
  return codes.map((code, i) => (code - 2 ** (bits - 1)) * steps[Math.floor(i / BLOCK_SIZE)]!);
}

describe.each([1, ROWS])("products of %i rows", (rows) => {
  test("int8: those of the codes, also where neighbours and activations are large", async () => {
    const x = activations().subarray(0, rows * INPUTS);
    const expected = plainProduct(roundedActivations(x), await columnWeights(), rows);
    const actual = await product("int8", rows);
    // Sums of integers are exact; what is left is the float32 of scale and bias. A sum that overflowed is off by tens.
    for (const [i, value] of expected.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThan(2e-3);
    const { weight } = layer();
    const whole = plainProduct(x, weight, rows);
    for (const [i, value] of whole.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThan(3);
  });

  test.each([4, 8] as const)("q%i: those of the dequantised weights", async (bits) => {
    const x = activations().subarray(0, rows * INPUTS);
    const weights = await blockWeights(bits);
    const expected = plainProduct(x, weights, rows);
    const actual = await product(bits === 4 ? "q4" : "q8", rows);
    // Activations are rounded to 127ths of the largest of a block, each off by half of one at most.
    const step = 2 / 127;
    for (const [i, value] of expected.entries()) {
      const output = i % OUTPUTS;
      const weight = weights.slice(output * INPUTS, (output + 1) * INPUTS).reduce((sum, w) => sum + Math.abs(w), 0);
      expect(Math.abs(actual[i]! - value)).toBeLessThan((weight * step) / 2);
    }
  });
});
