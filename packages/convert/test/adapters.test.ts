import { convertCheckpoint, inspectCheckpoint, rewriteCheckpoint } from "@internvl/convert";
import { type JsonObject, MemoryFolder, readJsonObject } from "@internvl/core";
import { describe, expect, test } from "vitest";
import { Checkpoint } from "../src/checkpoint/index.js";
import { adapterFolder, filled } from "./lora-adapters.js";
import { randomCheckpoint } from "./random-checkpoint.js";
import { collect, failure, type PlainTensor, plainFile } from "./safetensors-files.js";

const LAYER = "language_model.model.layers.1";
// 3 key heads would be 6 query heads: here 4 query heads and 2 key heads of 16 rows, [q0 q1 k0 v0 q2 q3 k1 v1].
const OPTIONS = { form: "300M", language: "internlm2", groups: 2 } as const;

/** LoRA of rank 1 and scaling 2: row `r` of the weight grows by 2 * rows[r] everywhere. */
function lora(module: string, rows: readonly number[], columns: number): Record<string, PlainTensor> {
  return {
    [`base_model.model.${module}.lora_A.weight`]: filled([1, columns], 1),
    [`base_model.model.${module}.lora_B.weight`]: {
      dtype: "F32",
      shape: [rows.length, 1],
      bytes: new Uint8Array(Float32Array.from(rows).buffer),
    },
  };
}

const PLAIN = { r: 1, lora_alpha: 2 };

async function floats(folder: MemoryFolder, name: string): Promise<number[]> {
  const tensor = (await Checkpoint.open(folder)).get(name);
  expect(tensor.dtype).toBe("F32");
  return [...new Float32Array((await collect(tensor.stream())).slice().buffer)];
}

async function rewrittenWith(
  files: Record<string, Uint8Array | string>,
  adapters: { files: MemoryFolder; weight?: number }[],
) {
  const sink = new MemoryFolder();
  await rewriteCheckpoint(new MemoryFolder(files, "the model"), sink, { to: "original", adapters });
  return sink;
}

describe("adapters of a checkpoint", () => {
  test("trained in Transformers' split matrices are merged into the original's one", async () => {
    const files = await randomCheckpoint(OPTIONS);
    const wqkv = `${LAYER}.attention.wqkv.weight`;
    const before = await floats(new MemoryFolder(files), wqkv);
    const queries = Array.from({ length: 64 }, (_, row) => row + 1);
    const keys = Array.from({ length: 32 }, (_, row) => -row - 1);
    const adapter = adapterFolder(
      {
        ...lora("model.language_model.layers.1.self_attn.q_proj", queries, 64),
        ...lora("model.language_model.layers.1.self_attn.k_proj", keys, 64),
      },
      { ...PLAIN, target_modules: ["q_proj", "k_proj"] },
    );
    const after = await floats(await rewrittenWith(files, [{ files: adapter }]), wqkv);
    const grown = [
      ...queries.slice(0, 32),
      ...keys.slice(0, 16),
      ...Array(16).fill(0),
      ...queries.slice(32),
      ...keys.slice(16),
      ...Array(16).fill(0),
    ];
    const expected = before.map((value, i) => Math.fround(value + 2 * grown[Math.floor(i / 64)]!));
    expect(after).toEqual(expected);
  });

  test("of both namings add up, each with its weight, in whatever order", async () => {
    const files = await randomCheckpoint(OPTIONS);
    const wo = `${LAYER}.attention.wo.weight`;
    const ones = Array(64).fill(1);
    const original = adapterFolder(lora(`${LAYER}.attention.wo`, ones, 64), { ...PLAIN, target_modules: ["wo"] });
    const merged = adapterFolder(
      {
        ...lora("model.language_model.layers.1.self_attn.o_proj", ones, 64),
        ...lora("model.language_model.layers.1.self_attn.v_proj", Array(32).fill(0), 64),
      },
      { ...PLAIN, target_modules: ["o_proj", "v_proj"] },
    );
    const before = await floats(new MemoryFolder(files), wo);
    for (const adapters of [
      [
        { files: original, weight: 0.5 },
        { files: merged, weight: -2 },
      ],
      [
        { files: merged, weight: -2 },
        { files: original, weight: 0.5 },
      ],
    ]) {
      const after = await floats(await rewrittenWith(files, adapters), wo);
      for (const [i, value] of after.entries()) expect(value).toBeCloseTo(before[i]! + 1 - 4, 5);
    }
  });

  test("change the graphs as a checkpoint that holds the merged weights does", async () => {
    const files = await randomCheckpoint(OPTIONS);
    const adapters = [
      {
        files: adapterFolder(lora(`${LAYER}.feed_forward.w2`, Array(64).fill(0.01), 144), {
          ...PLAIN,
          target_modules: ["w2"],
        }),
      },
    ];
    const [direct, twice] = [new MemoryFolder(), new MemoryFolder()];
    await convertCheckpoint(new MemoryFolder(files), direct, { dtype: "fp32", adapters });
    await convertCheckpoint(await rewrittenWith(files, adapters), twice, { dtype: "fp32" });
    const data = "onnx/decoder_model_merged.onnx_data";
    expect(Buffer.from(await direct.read(data)).equals(await twice.read(data))).toBe(true);
    const plain = new MemoryFolder();
    await convertCheckpoint(new MemoryFolder(files), plain, { dtype: "fp32" });
    expect(Buffer.from(await direct.read(data)).equals(await plain.read(data))).toBe(false);
  });

  test("keep the dtype of what they change, rounded to nearest", async () => {
    const files = await randomCheckpoint(OPTIONS);
    const name = `${LAYER}.attention.wo.weight`;
    const checkpoint = await Checkpoint.open(new MemoryFolder(files));
    const tensors: Record<string, PlainTensor> = {};
    for (const each of checkpoint.names()) {
      const { dtype, shape } = checkpoint.get(each);
      tensors[each] = { dtype, shape: [...shape], bytes: await collect(checkpoint.get(each).stream()) };
    }
    // 1.0 in bfloat16, whose next number is 1.0078125.
    tensors[name] = {
      dtype: "BF16",
      shape: [64, 64],
      bytes: new Uint8Array(Uint16Array.from({ length: 4096 }, () => 0x3f80).buffer),
    };
    const rows = Array.from({ length: 64 }, (_, row) => (row % 2 === 0 ? 0.001 : 0.003));
    const adapter = adapterFolder(lora(`${LAYER}.attention.wo`, rows, 64), { ...PLAIN, target_modules: ["wo"] });
    const folder = await rewrittenWith({ ...files, "model.safetensors": plainFile(tensors) }, [{ files: adapter }]);
    const after = (await Checkpoint.open(folder)).get(name);
    expect(after.dtype).toBe("BF16");
    const bits = new Uint16Array((await collect(after.stream())).slice().buffer);
    expect([bits[0], bits[64], bits[128]]).toEqual([0x3f80, 0x3f81, 0x3f80]);
  });

  test("of another model are refused with what is missing", async () => {
    const adapter = adapterFolder(lora("model.layers.7.attention.wo", Array(64).fill(1), 64), {
      ...PLAIN,
      target_modules: ["wo"],
    });
    const { code, message } = await failure(rewrittenWith(await randomCheckpoint(OPTIONS), [{ files: adapter }]));
    expect(code).toBe("CHECKPOINT_INVALID");
    expect(message).toMatch(
      /The adapter .* was made for another model than the model.*layers\.7\.attention\.wo\.weight/,
    );
  });
});

describe("a fine-tuning's output", () => {
  async function fineTuned(): Promise<Record<string, Uint8Array | string>> {
    const files = await randomCheckpoint(OPTIONS);
    const checkpoint = await Checkpoint.open(new MemoryFolder(files));
    const tensors: Record<string, PlainTensor> = {};
    for (const name of checkpoint.names()) {
      const { dtype, shape } = checkpoint.get(name);
      const wrapped = name.replace(/^language_model\./, "language_model.base_model.model.");
      const there = /attention\.wo\.weight$/.test(name) ? wrapped.replace(/weight$/, "base_layer.weight") : wrapped;
      tensors[there] = { dtype, shape: [...shape], bytes: await collect(checkpoint.get(name).stream()) };
      if (there === wrapped) continue;
      tensors[there.replace("base_layer.weight", "lora_A.default.weight")] = filled([1, 64], 1);
      tensors[there.replace("base_layer.weight", "lora_B.default.weight")] = filled([64, 1], 3);
    }
    const config: JsonObject = { ...JSON.parse(files["config.json"] as string), use_llm_lora: 1, use_backbone_lora: 0 };
    return { ...files, "config.json": JSON.stringify(config), "model.safetensors": plainFile(tensors) };
  }

  test("is recognised and merged, and its config.json says so", async () => {
    const files = await fineTuned();
    const sink = new MemoryFolder();
    await rewriteCheckpoint(new MemoryFolder(files), sink, { to: "transformers" });
    expect(await readJsonObject(sink, "config.json")).toMatchObject({ use_llm_lora: 0, use_backbone_lora: 0 });
    const plain = await floats(new MemoryFolder(await randomCheckpoint(OPTIONS)), `${LAYER}.attention.wo.weight`);
    const merged = await floats(sink, `${LAYER}.self_attn.o_proj.weight`);
    expect(merged).toEqual(plain.map((value) => Math.fround(value + 6)));
    const { unusual } = await inspectCheckpoint(new MemoryFolder(files));
    expect(unusual).toContain("LoRA beside its weights, from fine-tuning (use_llm_lora 1): it will be merged");
  });
});
