import { type Feeds, type Session, Tensor } from "@internvl/core";
import { KeyValueCache, type RotaryConfig, rotaryTables } from "@internvl/model";
import { describe, expect, it } from "vitest";
import { Decoder } from "../src/engine/decoder.js";

const BATCH = 2;
const config: RotaryConfig = {
  head_dim: 4,
  rope_theta: 1e4,
  rope_scaling: { rope_type: "dynamic", factor: 2 },
  max_position_embeddings: 100,
};

/** A decoder of one layer that computes nothing, and the tables that it is fed. */
function recordingDecoder(heads = 1) {
  const fed: { cos: Float32Array; sin: Float32Array }[] = [];
  const session: Session = {
    inputs: [{ name: "past_key_values.0.key", type: "float32", shape: ["batch", 1, "past", 4] }],
    outputs: [],
    async run({ rotary_cos, rotary_sin, inputs_embeds }: Feeds) {
      fed.push({ cos: rotary_cos!.data as Float32Array, sin: rotary_sin!.data as Float32Array });
      const count = inputs_embeds!.dims[1]!;
      const rows = () => new Tensor("float32", new Float32Array(BATCH * count * 4), [BATCH, 1, count, 4]);
      return {
        logits: new Tensor("float32", new Float32Array(BATCH), [BATCH, 1, 1]),
        "new_key_values.0.key": rows(),
        "new_key_values.0.value": rows(),
      };
    },
    async release() {},
  };
  return { decoder: new Decoder(session, config, heads), fed };
}

/** Reads `positions`, the same for each row of the batch. */
async function read(
  decoder: Decoder,
  cache: KeyValueCache,
  positions: readonly number[],
  prefill_chunk_size?: number,
): Promise<void> {
  const length = positions.length;
  await decoder.read({
    embeddings: new Tensor("float32", new Float32Array(BATCH * length), [BATCH, length, 1]),
    positions: [positions, positions],
    visible: [positions.map(() => 1), positions.map(() => 1)],
    cache,
    logits_to_keep: 1,
    spare: 0,
    prefill_chunk_size,
  });
}

describe("the pieces of a prompt", () => {
  const pieceLengths = async (length: number, heads: number, prefill_chunk_size?: number) => {
    const { decoder, fed } = recordingDecoder(heads);
    const cache = new KeyValueCache(BATCH, { num_hidden_layers: 1, num_key_value_heads: 1, head_dim: 4 });
    const positions = Array.from({ length }, (_, i) => i);
    await read(decoder, cache, positions, prefill_chunk_size);
    expect(cache.length).toBe(length);
    return fed.map(({ cos }) => cos.length / (2 * BATCH));
  };

  it("have 128 tokens of all rows, or as many of each as was asked for", async () => {
    expect(await pieceLengths(150, 1)).toEqual([64, 64, 22]);
    expect(await pieceLengths(150, 1, 100)).toEqual([100, 50]);
    expect(await pieceLengths(150, 1, 1000)).toEqual([150]);
  });

  it("have half of it where the scores of a layer would be more than 3 M", async () => {
    // 100 heads and 128 tokens of both rows: 3 M scores at 245 columns.
    expect(await pieceLengths(300, 100)).toEqual([64, 64, 32, 32, 32, 32, 32, 12]);
    expect(await pieceLengths(300, 100, 200)).toEqual([200, 100]);
  });

  it("keep the scores of a layer below 16 M where that leaves 32 tokens", async () => {
    // 2 rows and 1000 heads: 91 x 91 x 2000 is 16 M, and so is 56 x (91 + 56) x 2000.
    expect(await pieceLengths(200, 1000, 1000)).toEqual([91, 56, 43, 10]);
    expect(await pieceLengths(200, 1000, 41)).toEqual([41, 41, 41, 41, 36]);
    expect(await pieceLengths(100, 1e6)).toEqual([32, 32, 32, 4]);
  });
});

describe("a dynamic scaling", () => {
  it("sees the whole prompt from its first piece on, and then one token more a step", async () => {
    const { decoder, fed } = recordingDecoder();
    const cache = new KeyValueCache(BATCH, { num_hidden_layers: 1, num_key_value_heads: 1, head_dim: 4 });
    // As a row that is padded by ten on the left.
    const prompt = Array.from({ length: 1500 }, (_, i) => (i < 10 ? 1 : i - 10));
    await read(decoder, cache, prompt);
    await read(decoder, cache, [1490]);

    const pieces = fed.slice(0, -1);
    expect(pieces.length).toBeGreaterThan(1);
    let start = 0;
    for (const { cos, sin } of pieces) {
      const positions = prompt.slice(start, start + cos.length / (2 * BATCH));
      expect({ cos, sin }).toEqual(rotaryTables([...positions, ...positions], config, 1500));
      start += positions.length;
    }
    expect(start).toBe(1500);
    expect(fed.at(-1)).toEqual(rotaryTables([1490, 1490], config, 1501));
  });

  it("starts again with each cache", async () => {
    const { decoder, fed } = recordingDecoder();
    for (const length of [300, 40]) {
      const cache = new KeyValueCache(BATCH, { num_hidden_layers: 1, num_key_value_heads: 1, head_dim: 4 });
      await read(
        decoder,
        cache,
        Array.from({ length }, (_, i) => i),
      );
    }
    const positions = Array.from({ length: 40 }, (_, i) => i);
    expect(fed.at(-1)).toEqual(rotaryTables([...positions, ...positions], { ...config, rope_scaling: null }, 40));
  });
});

it("refuses a decoder for prompts that does not write into the same cache", () => {
  const keeping = (type: "float32" | "float16"): Session => ({
    inputs: [{ name: "past_key_values.0.key", type, shape: ["batch", 1, "past", 4] }],
    outputs: [],
    run: () => Promise.reject(new Error("not asked for")),
    async release() {},
  });
  expect(() => new Decoder(keeping("float32"), config, 1, keeping("float16"))).toThrow(
    /Expected float32, got float16.*--dtype q4,int8/s,
  );
  expect(new Decoder(keeping("float16"), config, 1, keeping("float16")).cache_dtype).toBe("float16");
});
