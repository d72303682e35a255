import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InternVL2_5Config } from "@internvl/config";
import { Checkpoint, readSafetensorsHeader } from "@internvl/convert";
import type { JsonObject } from "@internvl/core";
import { DirectoryFiles, nodeMedia } from "@internvl/runtime-node";
import { withResizedPositions } from "../src/positions/resize.js";
import {
  embedTile,
  embedTokens,
  finalNorm,
  imageFeatures,
  outputLayer,
  Rows,
  rotaryAngles,
  textLayer,
  visionLayer,
  visionLayerCount,
  Weights,
} from "../src/reference/index.js";

/** What of golden.json is needed here. */
interface Golden {
  token_ids: Record<string, number>;
  cases: Record<
    string,
    {
      input_ids: number[][];
      attention_mask: number[][] | null;
      pixel_inputs: string[];
      features_token_index?: number[];
    }
  >;
}

/** Largest differences by name of a golden, all cases together. */
export type Differences = Map<string, number>;

const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

/** A variant below `tiny/`, opened, with functions that give one value each. */
async function openVariant(tiny: string, variant: string) {
  const files = new DirectoryFiles(join(tiny, variant));
  const json = (file: string) => JSON.parse(readFileSync(join(tiny, variant, file), "utf8"));
  const golden: Golden = json("golden.json");
  const original: JsonObject = json("config.json");
  const header = await readSafetensorsHeader(files, "golden.safetensors");
  const expected = async (name: string) => {
    const entry = header.tensors.get(name);
    if (entry === undefined) return undefined;
    const bytes = await files.readRange("golden.safetensors", entry.offset, entry.offset + entry.byteLength);
    return { data: new Float32Array(bytes.slice().buffer), shape: entry.shape };
  };
  const config = InternVL2_5Config.from_dict(original);
  const weights = new Weights(withResizedPositions(await Checkpoint.open(files), config));
  return { golden, original, config, weights, expected };
}

/** Evaluates every case of a variant and compares all that its golden.safetensors has of it. */
export async function compareVariant(tiny: string, variant: string): Promise<Differences> {
  const { golden, original, config, weights, expected } = await openVariant(tiny, variant);
  const differences: Differences = new Map();
  const compare = (name: string, actual: Rows | Float64Array, wanted: ArrayLike<number>) => {
    const data = actual instanceof Rows ? actual.data : actual;
    if (data.length !== wanted.length) throw new Error(`${name}: ${data.length} numbers and not ${wanted.length}`);
    const largest = data.reduce((most, value, index) => Math.max(most, Math.abs(value - wanted[index]!)), 0);
    differences.set(name, Math.max(differences.get(name) ?? 0, largest));
  };

  const context = golden.token_ids["<IMG_CONTEXT>"]!;
  for (const [name, { input_ids, attention_mask, pixel_inputs, features_token_index }] of Object.entries(
    golden.cases,
  )) {
    const tiles = (
      await Promise.all(pixel_inputs.map((input) => readTiles(join(tiny, "inputs", `${input}.png`))))
    ).flat();
    const features: Rows[] = [];
    for (const pixels of tiles) {
      const states = await visionStates(weights, config, pixels);
      features.push(await imageFeatures(weights, config, states.at(-1)!));
      if (name !== "one") continue;
      const first4 = (await expected("one.vit_hidden_states_first4"))!;
      compare("vit_hidden_states_first4", joined(states.map((state) => state.slice(0, 4))), first4.data);
      compare("vit_last_hidden_state", states.at(-1)!, (await expected("one.vit_last_hidden_state"))!.data);
      for (const [key, changes] of [
        ["features_ps_v1", { ps_version: "v1" }],
        ["features_select_layer_-2", { select_layer: -2 }],
      ] as const) {
        const wanted = await expected(`one.${key}`);
        if (wanted === undefined) continue;
        const other = InternVL2_5Config.from_dict({ ...original, ...changes });
        const state = states[visionLayerCount(other)]!;
        compare(key, await imageFeatures(weights, other, state), wanted.data);
      }
    }
    if (features.length > 0) {
      const whole = await expected(`${name}.features`);
      const sampled = features.map((rows) => joined(features_token_index?.map((i) => rows.slice(i, i + 1)) ?? [rows]));
      const wanted = whole ?? (await expected(`${name}.features_sampled`))!;
      compare("features", joined(whole === undefined ? sampled : features), wanted.data);
    }

    const logits = (await expected(`${name}.last_logits`))!;
    const hidden = (await expected(`${name}.hidden_last_pos`))!;
    const pictures = joined(features);
    let used = 0;
    for (const [row, padded] of input_ids.entries()) {
      const ids = padded.filter((_, i) => attention_mask?.[row]?.[i] !== 0);
      const embedded = await embedTokens(weights, config.text_config, ids);
      for (const [token, id] of ids.entries()) {
        if (id === context) embedded.row(token).set(pictures.row(used++));
      }
      const states = await textStates(weights, config, embedded, padded.length);
      const last = states.map((state) => state.slice(-1 + state.count));
      const width = hidden.data.length / input_ids.length;
      compare("hidden_last_pos", joined(last), hidden.data.subarray(row * width, (row + 1) * width));
      const vocabulary = logits.data.length / input_ids.length;
      const computed = await outputLayer(weights, config.text_config, last.at(-1)!);
      compare("last_logits", computed, logits.data.subarray(row * vocabulary, (row + 1) * vocabulary));
    }
  }
  return differences;
}

/** The embedding, and what every layer gives. */
async function visionStates(weights: Weights, config: InternVL2_5Config, pixels: Float32Array): Promise<Rows[]> {
  const states = [await embedTile(weights, config, pixels)];
  for (let index = 0; index < visionLayerCount(config); index++) {
    states.push(await visionLayer(weights, config.vision_config, index, states.at(-1)!));
  }
  return states;
}

/** The embedding, and what every layer gives; the last one is normalised. `length` counts padding too. */
async function textStates(weights: Weights, config: InternVL2_5Config, x: Rows, length: number): Promise<Rows[]> {
  const text = config.text_config;
  const positions = Array.from({ length: x.count }, (_, position) => position);
  const angles = rotaryAngles(text, positions, length);
  const states = [x];
  for (let index = 0; index < text.num_hidden_layers; index++) {
    states.push(await textLayer(weights, text, index, states.at(-1)!, angles));
  }
  states.push(await finalNorm(weights, text, states.pop()!));
  return states;
}

/** Tiles below each other in a PNG -> `[3, size, size]` each, normalised. */
async function readTiles(path: string): Promise<Float32Array[]> {
  const { data, width, height } = await nodeMedia.decodeImage(path);
  const area = width * width;
  return Array.from({ length: height / width }, (_, tile) =>
    Float32Array.from({ length: 3 * area }, (_, index) => {
      const channel = Math.floor(index / area);
      const value = data[(tile * area + (index % area)) * 3 + channel]!;
      return (value / 255 - MEAN[channel]!) / STD[channel]!;
    }),
  );
}

function joined(parts: readonly Rows[]): Rows {
  if (parts.length === 0) return new Rows(0, 0);
  return Rows.of(
    parts.flatMap((part) => [...part.data]),
    parts[0]!.width,
  );
}
