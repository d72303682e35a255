import { DTYPES } from "@internvl/config";
import { Checkpoint } from "@internvl/convert";
import { MemoryFolder, Tensor } from "@internvl/core";
import { GraphBuilder, type Value, writeModel } from "@internvl/onnx";
import { nodeInference } from "@internvl/runtime-node";
import { describe, expect, it } from "vitest";
import { withJoinedLinears } from "../src/architectures/joined-linears.js";
import { withoutTensors, withTensors } from "../src/checkpoint/index.js";
import { Layers } from "../src/layers/layers.js";
import { castTo } from "../src/quantise/index.js";
import { randomCheckpoint } from "./random-checkpoint.js";

const ATTENTION = "language_model.model.layers.1.self_attn";
const PARTS = ["q_proj", "k_proj", "v_proj"];
const JOINED = { joined: "qkv_proj", parts: PARTS };
const ROWS = 5;

async function checkpoint(): Promise<Checkpoint> {
  return Checkpoint.open(new MemoryFolder(await randomCheckpoint({ form: "300M" })));
}

/** What a graph over attention's input gives for a fixed input. */
async function run(layers: (g: GraphBuilder) => Layers, build: (attn: Layers, x: Value) => Value) {
  const g = new GraphBuilder({ name: "joined" });
  const width = (await checkpoint()).get(`${ATTENTION}.q_proj.weight`).shape[1]!;
  const x = g.input("x", "float32", [1, ROWS, width]);
  g.output(
    "y",
    layers(g).module(ATTENTION, (attn) => build(attn, x)),
  );
  const files = new MemoryFolder();
  await writeModel(files, "joined.onnx", g);
  const session = await nodeInference.createSession({ files, path: "joined.onnx", externalData: ["joined.onnx_data"] });
  const input = Float32Array.from({ length: ROWS * width }, (_, i) => Math.sin(i * i));
  const { y } = await session.run({ x: new Tensor("float32", input, [1, ROWS, width]) });
  await session.release();
  return y!;
}

describe("matrices that become one", () => {
  it.each(DTYPES)("give in %s, bit for bit, what each gives alone", async (dtype) => {
    const stored = await checkpoint();
    const joined = withJoinedLinears(stored, [ATTENTION], JOINED);
    const one = await run(
      (g) => new Layers(g, joined, dtype),
      (attn, x) => attn.linear(x, "qkv_proj"),
    );
    const three = await run(
      (g) => new Layers(g, stored, dtype),
      (attn, x) =>
        attn.g.concat(
          PARTS.map((part) => attn.linear(x, part)),
          2,
        ),
    );
    expect(one.dims).toEqual(three.dims);
    expect(one.data).toEqual(three.data);
    expect((one.data as Float32Array).some((value) => value !== 0)).toBe(true);
  });

  it("keep the rows of their parts, and the parts themselves", async () => {
    const stored = await checkpoint();
    const joined = withJoinedLinears(stored, [ATTENTION], JOINED);
    for (const kind of ["weight", "bias"]) {
      const whole = joined.get(`${ATTENTION}.qkv_proj.${kind}`);
      const bytes: number[] = [];
      for (const part of PARTS) bytes.push(...(await stored.get(`${ATTENTION}.${part}.${kind}`).read()));
      expect([...(await whole.rows(0, whole.shape[0]!))]).toEqual(bytes);
      expect(joined.has(`${ATTENTION}.q_proj.${kind}`)).toBe(true);
    }
  });

  it("are widened where their dtypes differ, and have no bias where no part has one", async () => {
    const stored = await checkpoint();
    const weights = PARTS.map((part) => `${ATTENTION}.${part}.weight`);
    const narrow = castTo("BF16", stored.get(weights[1]!));
    const mixed = withTensors(
      withoutTensors(
        stored,
        PARTS.map((part) => `${ATTENTION}.${part}.bias`),
      ),
      new Map([[narrow.name, narrow]]),
    );
    const joined = withJoinedLinears(mixed, [ATTENTION], JOINED);
    const whole = joined.get(`${ATTENTION}.qkv_proj.weight`);
    const bytes: number[] = [];
    for (const name of weights) {
      const wide = castTo("F32", mixed.get(name));
      bytes.push(...(await wide.rows(0, wide.shape[0]!)));
    }
    expect(whole.dtype).toBe("F32");
    expect([...(await whole.rows(0, whole.shape[0]!))]).toEqual(bytes);
    expect(joined.has(`${ATTENTION}.qkv_proj.bias`)).toBe(false);
  });
});
