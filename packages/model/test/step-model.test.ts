import { InternVL2_5Config } from "@internvl/config";
import type { Session } from "@internvl/core";
import { type InternVL2_5ForConditionalGeneration, KeyValueCache } from "@internvl/model";
import { DirectoryFiles, nodeRuntime } from "@internvl/runtime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Decoder } from "../src/engine/decoder.js";
import { GraphEmbeddings, type TokenEmbeddings } from "../src/engine/embeddings.js";
import { CachedSteps } from "../src/engine/step-model.js";
import { convertDemo, loadDemo } from "./demo.js";

let demo: Awaited<ReturnType<typeof convertDemo>>;
let model: InternVL2_5ForConditionalGeneration;
let config: InternVL2_5Config;
let decoder: Decoder;
let embeddings: TokenEmbeddings;

beforeAll(async () => {
  demo = await convertDemo();
  ({ model } = await loadDemo(demo.directory));
  const files = new DirectoryFiles(demo.directory);
  const session = (name: string): Promise<Session> =>
    nodeRuntime.inference.createSession({ files, path: `onnx/${name}.onnx`, externalData: [`${name}.onnx_data`] });
  config = await InternVL2_5Config.from_pretrained(files);
  decoder = new Decoder(
    await session("decoder_model_merged"),
    config.text_config,
    config.text_config.num_attention_heads,
  );
  embeddings = new GraphEmbeddings(await session("embed_tokens"));
});

afterAll(async () => {
  await Promise.all([model.dispose(), decoder.release(), embeddings.release()]);
  await demo.remove();
});

/** Prompts of 5 and 3 tokens. */
const PROMPTS = [
  [11, 12, 13, 14, 15],
  [0, 0, 23, 24, 25],
];
const MASK = [
  [1, 1, 1, 1, 1],
  [0, 0, 1, 1, 1],
];

/** A step model that has read the prompts. */
async function steps(): Promise<{ steps: CachedSteps; cache: KeyValueCache }> {
  const cache = new KeyValueCache(2, config.text_config);
  await model.forward({ input_ids: PROMPTS, attention_mask: MASK, past_key_values: cache });
  const { vocab_size } = config.text_config;
  return { cache, steps: new CachedSteps({ decoder, embeddings, cache, vocab_size, positions: [5, 3], spare: 8 }) };
}

/** The logits after the last `count` tokens of each row, each read alone, whole and without padding. */
async function expectedLogits(rows: readonly number[][], count: number): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (const row of rows) {
    const { logits } = await model.forward({ input_ids: [row], logits_to_keep: count });
    parts.push(logits.data as Float32Array);
  }
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  expect(actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)).toBeLessThan(1e-4);
}

const [FIRST, SECOND] = [PROMPTS[0]!, PROMPTS[1]!.slice(2)] as [number[], number[]];

describe("the step model of generate", () => {
  it("reads several tokens a row and gives the logits after each", async () => {
    const { steps: model } = await steps();
    const tokens = [
      [31, 32, 33],
      [41, 42, 43],
    ];
    const rows = [
      [...FIRST, ...tokens[0]!],
      [...SECOND, ...tokens[1]!],
    ];
    expectClose(await model.read(tokens, {}), await expectedLogits(rows, 3));
    expectClose(await model.step([34, 44], {}), await expectedLogits([rows[0]!.concat(34), rows[1]!.concat(44)], 1));
  });

  it("forgets tokens in every row", async () => {
    const { steps: model, cache } = await steps();
    await model.read(
      [
        [31, 99, 98],
        [41, 97, 96],
      ],
      {},
    );
    model.forget(2);
    expect(cache.length).toBe(6);
    expectClose(
      await model.step([32, 42], {}),
      await expectedLogits(
        [
          [...FIRST, 31, 32],
          [...SECOND, 41, 42],
        ],
        1,
      ),
    );
    model.forget(0);
    expect(cache.length).toBe(7);
  });

  it("goes on from rows that change places, double and end, masks and positions with them", async () => {
    const { steps: model } = await steps();
    model.reorder([0, 0, 1, 1]);
    expectClose(
      await model.step([31, 32, 41, 42], {}),
      await expectedLogits(
        [
          [...FIRST, 31],
          [...FIRST, 32],
          [...SECOND, 41],
          [...SECOND, 42],
        ],
        1,
      ),
    );
    model.reorder([1, 1, 3, 2]);
    expectClose(
      await model.step([51, 52, 53, 54], {}),
      await expectedLogits(
        [
          [...FIRST, 32, 51],
          [...FIRST, 32, 52],
          [...SECOND, 42, 53],
          [...SECOND, 41, 54],
        ],
        1,
      ),
    );
    model.reorder([3, 0]);
    expectClose(
      await model.step([61, 62], {}),
      await expectedLogits(
        [
          [...SECOND, 41, 54, 61],
          [...FIRST, 32, 51, 62],
        ],
        1,
      ),
    );
  });

  it("stays where it was when a run fails", async () => {
    const { steps: model, cache } = await steps();
    const controller = new AbortController();
    controller.abort();
    await expect(model.step([31, 41], { signal: controller.signal })).rejects.toMatchObject({ code: "ABORTED" });
    expect(cache.length).toBe(5);
    expectClose(
      await model.step([31, 41], {}),
      await expectedLogits(
        [
          [...FIRST, 31],
          [...SECOND, 41],
        ],
        1,
      ),
    );
  });
});
