import { InternLM2Config, InternVL2_5Config } from "@internvl/config";
import { buildGraph, Checkpoint } from "@internvl/convert";
import { MemoryFolder, type Session, Tensor } from "@internvl/core";
import { writeModel } from "@internvl/onnx";
import { nodeInference } from "@internvl/runtime-node";
import { describe, expect, it } from "vitest";
import { embedTokens, finalNorm, outputLayer, Rows, textLayer, Weights } from "../src/reference/index.js";
import { type RandomCheckpointOptions, randomCheckpoint, randomConfig } from "./random-checkpoint.js";

const IDS = [5, 300, 7, 899, 41];
const angle = (position: number, i: number) => position / 20 ** (i / 8);

/** The two graphs of a random language model, and its weights. */
async function languageModel(options: RandomCheckpointOptions) {
  const files = new MemoryFolder(await randomCheckpoint(options));
  const checkpoint = await Checkpoint.open(files);
  const config = InternVL2_5Config.from_dict(randomConfig(options));
  const sink = new MemoryFolder();
  const open = async (graph: "embed_tokens" | "decoder_model_merged") => {
    await writeModel(sink, `${graph}.onnx`, buildGraph(graph, "fp32", config, checkpoint));
    const externalData = sink.files.has(`${graph}.onnx_data`) ? [`${graph}.onnx_data`] : [];
    return nodeInference.createSession({ files: sink, path: `${graph}.onnx`, externalData });
  };
  return {
    config: config.text_config as InternLM2Config,
    weights: new Weights(checkpoint),
    embed: await open("embed_tokens"),
    decoder: await open("decoder_model_merged"),
  };
}

/** Runs tokens `start` to before `end` over what an earlier run returned. */
async function run(embed: Session, decoder: Session, start: number, end: number, past?: Record<string, Tensor>) {
  const count = end - start;
  const ids = BigInt64Array.from(IDS.slice(start, end), BigInt);
  const { inputs_embeds } = await embed.run({ input_ids: new Tensor("int64", ids, [1, count]) });
  const table = (f: (x: number) => number) =>
    new Tensor(
      "float32",
      Float32Array.from({ length: count * 8 }, (_, i) => f(angle(start + (i >> 3), i & 7))),
      [count, 8],
    );
  const causal = Float32Array.from({ length: count * count }, (_, i) => (i % count > Math.floor(i / count) ? -1e9 : 0));
  const cached = decoder.inputs
    .filter(({ name }) => name.startsWith("past_key_values"))
    .map(({ name }) => [
      name,
      past?.[name.replace("past", "new")] ?? new Tensor("float32", new Float32Array(0), [1, 2, 0, 16]),
    ]);
  return decoder.run({
    inputs_embeds: inputs_embeds!,
    position_ids: new Tensor(
      "int64",
      BigInt64Array.from({ length: count }, (_, i) => BigInt(i)),
      [1, count],
    ),
    rotary_cos: table(Math.cos),
    rotary_sin: table(Math.sin),
    past_mask: new Tensor("float32", new Float32Array(start), [1, start]),
    new_mask: new Tensor("float32", causal, [1, count, count]),
    logits_to_keep: new Tensor("int64", BigInt64Array.of(0n), [1]),
    ...Object.fromEntries(cached),
  });
}

/** The logits of every token, without a cache. */
async function plainLogits(config: InternLM2Config, weights: Weights): Promise<Float64Array> {
  const angles = Rows.of(
    IDS.flatMap((_, position) => Array.from({ length: 8 }, (_, i) => angle(position, i))),
    8,
  );
  let states = await embedTokens(weights, config, IDS);
  for (let index = 0; index < config.num_hidden_layers; index++) {
    states = await textLayer(weights, config, index, states, angles);
  }
  return (await outputLayer(weights, config, await finalNorm(weights, config, states))).data;
}

describe.each([
  { form: "300M", language: "internlm2", groups: 3 },
  { form: "300M", language: "internlm2", groups: 1 },
  { form: "300M", language: "internlm2", groups: 3, tied: true },
  { form: "300M", language: "internlm2 with bias", groups: 2 },
] satisfies RandomCheckpointOptions[])("InternLM2 %j", (options) => {
  it("gives the logits of a plain evaluation, at once and over a cache", async () => {
    const { config, weights, embed, decoder } = await languageModel(options);
    expect(config).toBeInstanceOf(InternLM2Config);
    const expected = await plainLogits(config, weights);
    const whole = await run(embed, decoder, 0, IDS.length);
    expectClose(whole.logits!.data as Float32Array, expected);

    const first = await run(embed, decoder, 0, 3);
    const second = await run(embed, decoder, 3, IDS.length, first);
    expectClose(second.logits!.data as Float32Array, expected.slice(3 * config.vocab_size));
    await Promise.all([embed.release(), decoder.release()]);
  });
});

function expectClose(actual: Float32Array, expected: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  const largest = expected.reduce((most, value, index) => Math.max(most, Math.abs(actual[index]! - value)), 0);
  expect(largest).toBeLessThan(2e-5);
}
