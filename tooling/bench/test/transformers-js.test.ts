import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeRuntime } from "@internvl/runtime-node";
import { convertCheckpoint, InternVL2_5ForConditionalGeneration, openModel, openSink, Tensor } from "internvl";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeCheckpoint } from "../src/checkpoint/make.js";
import { SHAPES } from "../src/checkpoint/shape.js";
import { writeTransformersJsModel } from "../src/peers/transformers-js-model.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "internvl-transformers-js-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("the graph for transformers.js computes the logits of our own q4, a prompt and a step after it", async () => {
  const [source, ours, theirs] = ["source", "ours", "theirs"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await makeCheckpoint(source, SHAPES.tiny);
  await convertCheckpoint(await openModel(source), await openSink(ours), { dtype: "q4" });
  await writeTransformersJsModel(source, theirs);

  const ids = [5, 17, 200, 31, 7, 99];
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(ours, { dtype: "q4" });
  const { logits: expected } = await model.forward({ input_ids: [ids], logits_to_keep: 2 });
  await model.dispose();

  const { text: shape } = SHAPES.tiny;
  const files = await openModel(theirs);
  const session = await nodeRuntime.inference.createSession({
    files,
    path: "onnx/model_q4.onnx",
    externalData: ["model_q4.onnx_data"],
  });
  const read = async (tokens: number[], total: number, past: Record<string, Tensor>) =>
    session.run({
      input_ids: new Tensor("int64", BigInt64Array.from(tokens, BigInt), [1, tokens.length]),
      attention_mask: new Tensor("int64", new BigInt64Array(total).fill(1n), [1, total]),
      ...past,
    });
  const empty = [1, shape.keyValueHeads, 0, shape.hidden / shape.heads];
  const names = session.inputs.map(({ name }) => name).filter((name) => name.startsWith("past_key_values"));
  const prompt = await read(
    ids.slice(0, -1),
    5,
    Object.fromEntries(names.map((name) => [name, new Tensor("float32", new Float32Array(0), empty)])),
  );
  const cache = Object.fromEntries(names.map((name) => [name, prompt[name.replace("past_key_values", "present")]!]));
  const step = await read(ids.slice(-1), 6, cache);
  await session.release();

  expect(names).toHaveLength(2 * shape.layers);
  const vocabulary = expected.dims[2]!;
  const rows = expected.data as Float32Array;
  expectClose(prompt["logits"]!.data as Float32Array, rows.subarray(0, vocabulary));
  expectClose(step["logits"]!.data as Float32Array, rows.subarray(vocabulary));
});

/** Activations are rounded to 8 bits before each matrix, and a last bit of them may go either way. */
function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = expected.reduce((most, value, at) => Math.max(most, Math.abs(value - actual[at]!)), 0);
  expect(largest).toBeGreaterThan(0.1);
  expect(difference / largest).toBeLessThan(0.02);
}

test("a shape in InternLM2's form is refused with the reason", async () => {
  const source = join(folder, "internlm2");
  await makeCheckpoint(source, { ...SHAPES.tiny, language: "internlm2" });
  await expect(writeTransformersJsModel(source, join(folder, "none"))).rejects.toThrow("no graph of internlm2");
});
