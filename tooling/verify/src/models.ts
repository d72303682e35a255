import type { Dtype } from "@internvl/config";
import { type Conversion, type ConvertOptions, convertCheckpoint } from "@internvl/convert";
import type { JsonObject, ModelFiles, Tensor } from "@internvl/core";
import {
  type ForwardInputs,
  type ForwardOutput,
  type GenerateResult,
  InternVL2_5ForConditionalGeneration as Model,
  type ModelInputs,
} from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import type { GoldenFolder } from "./golden/folder.js";
import { readTiles } from "./golden/pictures.js";
import { checkpointFiles, type GoldenCase, type RunnableVariant } from "./golden/variants.js";
import type { Platform, Workspace } from "./platform/platform.js";

/** A checkpoint that has been converted: where it lies, what the converter said. */
export interface Converted {
  /** As the platform's `runtime.files` knows it. */
  folder: string;
  conversion: Conversion;
}

/** What a forward pass gave, on the CPU and without its cache. */
export interface Forward {
  /** float32 `[batch, length, vocabulary]` */
  logits: Tensor;
  /** float32 `[tiles, tokens, hidden]`, when there were pictures. */
  features?: Tensor;
}

/** A forward pass with the states between the layers. */
export type States = Required<Pick<ForwardOutput, "hidden_states">> & Pick<ForwardOutput, "vision_hidden_states">;

/** Conversions, models and results that several groups need; everything is made once. */
export class Models {
  readonly #golden: GoldenFolder;
  readonly #platform: Platform;
  readonly #workspace: Workspace;
  readonly #made = new Map<string, Promise<unknown>>();
  readonly #loaded: Model[] = [];

  private constructor(golden: GoldenFolder, platform: Platform, workspace: Workspace) {
    this.#golden = golden;
    this.#platform = platform;
    this.#workspace = workspace;
  }

  static async open(golden: GoldenFolder, platform: Platform): Promise<Models> {
    return new Models(golden, platform, await platform.openWorkspace());
  }

  /** @param changes fields of config.json that are replaced before converting */
  convert(variant: RunnableVariant, dtype: Dtype = "fp32", changes: JsonObject = {}): Promise<Converted> {
    const name = `${variant.name}-${dtype}${Object.entries(changes).map((entry) => `-${entry.join("-")}`)}`;
    return this.#once(`convert ${name}`, async () => {
      return this.#convert(checkpointFiles(this.#golden, variant, changes), name, { dtype });
    });
  }

  model(variant: RunnableVariant, dtype: Dtype = "fp32", changes: JsonObject = {}): Promise<Model> {
    return this.#once(`model ${variant.name} ${dtype} ${JSON.stringify(changes)}`, async () => {
      const { folder } = await this.convert(variant, dtype, changes);
      return this.#load(folder, dtype);
    });
  }

  /** The model made of a variant's folder in another dialect, in fp32. */
  mergedModel(variant: RunnableVariant, files: ModelFiles): Promise<Model> {
    return this.#once(`merged model ${variant.name}`, async () => {
      const { folder } = await this.#convert(files, `${variant.name}-merged`, { dtype: "fp32" });
      return this.#load(folder, "fp32");
    });
  }

  /** The processor of a variant's checkpoint, before conversion. */
  processor(variant: RunnableVariant): Promise<InternVL2_5Processor> {
    return this.#once(`processor ${variant.name}`, () =>
      InternVL2_5Processor.from_pretrained(checkpointFiles(this.#golden, variant)),
    );
  }

  /** The `pixel_values` of a case: its stored tiles, normalised by our image processor. */
  async pixels(
    variant: RunnableVariant,
    { pixel_inputs }: Pick<GoldenCase, "pixel_inputs">,
  ): Promise<Tensor | undefined> {
    if (pixel_inputs.length === 0) return undefined;
    const { image_processor } = await this.processor(variant);
    const tiles = await Promise.all(pixel_inputs.map((name) => readTiles(this.#golden, `tiny/inputs/${name}.png`)));
    return (await image_processor.preprocess(tiles.flat(), { crop_to_patches: false })).pixel_values;
  }

  /** The inputs of a case exactly as its golden data have them, positions aside. */
  async inputs(variant: RunnableVariant, golden: GoldenCase): Promise<ModelInputs> {
    return {
      input_ids: golden.input_ids,
      attention_mask: golden.attention_mask ?? undefined,
      pixel_values: await this.pixels(variant, golden),
      num_patches: golden.num_patches_list.flat(),
    };
  }

  /** The forward pass of a case in fp32. */
  forward(variant: RunnableVariant, caseName: string): Promise<Forward> {
    return this.#once(`forward ${variant.name} ${caseName}`, async () =>
      runForward(await this.model(variant), await this.inputs(variant, variant.golden.cases[caseName]!)),
    );
  }

  /** The states between the layers of a case in fp32, from graphs that give them. */
  states(variant: RunnableVariant, caseName: string): Promise<States> {
    return this.#once(`states ${variant.name} ${caseName}`, async () => {
      const model = await this.#once(`model with states ${variant.name}`, async () => {
        const source = checkpointFiles(this.#golden, variant);
        const options = { dtype: "fp32", output_hidden_states: true } as const;
        const { folder } = await this.#convert(source, `${variant.name}-states`, options);
        return this.#load(folder, "fp32");
      });
      const inputs = await this.inputs(variant, variant.golden.cases[caseName]!);
      const { past_key_values, hidden_states, vision_hidden_states } = await model.forward({
        ...inputs,
        output_hidden_states: true,
      });
      past_key_values?.dispose();
      return { hidden_states: hidden_states!, vision_hidden_states };
    });
  }

  /** As many greedy tokens as the case has, end-of-sequence ignored, with the logits of every step. */
  generate(variant: RunnableVariant, caseName: string): Promise<GenerateResult> {
    return this.#once(`generate ${variant.name} ${caseName}`, async () => {
      const golden = variant.golden.cases[caseName]!;
      return runGreedy(await this.model(variant), await this.inputs(variant, golden), golden.generated[0]!.length);
    });
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#loaded.map((model) => model.dispose()));
    await this.#workspace.remove();
  }

  async #convert(source: ModelFiles, name: string, options: ConvertOptions): Promise<Converted> {
    const folder = this.#workspace.folder(name);
    return { folder, conversion: await convertCheckpoint(source, await this.#workspace.openSink(folder), options) };
  }

  async #load(folder: string, dtype: Dtype): Promise<Model> {
    const { runtime, device } = this.#platform;
    const model = await Model.from_pretrained(folder, { dtype, runtime, device });
    this.#loaded.push(model);
    return model;
  }

  #once<T>(key: string, make: () => Promise<T>): Promise<T> {
    const made = (this.#made.get(key) as Promise<T> | undefined) ?? make();
    this.#made.set(key, made);
    return made;
  }
}

/** Logits of every position. */
export async function runForward(model: Model, inputs: ForwardInputs): Promise<Forward> {
  const { logits, past_key_values, image_hidden_states } = await model.forward(inputs);
  past_key_values?.dispose();
  return { logits, features: image_hidden_states };
}

/** Exactly `max_new_tokens` greedy tokens. */
export function runGreedy(model: Model, inputs: ModelInputs, max_new_tokens: number): Promise<GenerateResult> {
  const options = { max_new_tokens, do_sample: false, eos_token_id: null, output_logits: true } as const;
  return model.generate({ ...inputs, ...options, generation_config: {}, return_dict_in_generate: true });
}

/** The logits `[vocabulary]` of one row at one position. */
export function logitsAt({ dims, data }: Tensor, row: number, position: number): Float32Array {
  const [, length, vocabulary] = dims as [number, number, number];
  const start = (row * length + position) * vocabulary;
  return (data as Float32Array).subarray(start, start + vocabulary);
}
