import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { convertCheckpoint, type DtypeOption, openModel, openSink } from "internvl";
import { makeCheckpoint } from "./checkpoint/make.js";
import { cutShape, SHAPES } from "./checkpoint/shape.js";
import type { GgmlType } from "./gguf/format.js";
import { writeGguf } from "./gguf/write.js";
import type { BenchOptions } from "./options.js";
import { writeTransformersJsModel } from "./peers/transformers-js-model.js";
import { writePhoto } from "./photo.js";

const DEMO_MODEL = dirname(createRequire(import.meta.url).resolve("@internvl/demo-model/config.json"));

/** What benchmarks work on, made when it is first asked for. Later programs find checkpoint and picture again. */
export class Workspace {
  readonly #options: BenchOptions;
  readonly #log: (line: string) => void;
  readonly #converted: Set<string> = new Set();

  constructor(options: BenchOptions, log: (line: string) => void) {
    this.#options = options;
    this.#log = log;
  }

  /** A folder of this name, which may hold things already. */
  async folder(name: string): Promise<string> {
    const folder = join(this.#options.workDir, name);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /** The same place for other options. */
  with(changes: Partial<BenchOptions>): Workspace {
    return new Workspace({ ...this.#options, ...changes }, this.#log);
  }

  /** The random checkpoint of the shape that was asked for. */
  async checkpoint(): Promise<string> {
    const { shape, layers, shards } = this.#options;
    const folder = await this.folder(this.modelName());
    this.#log(`checkpoint: ${folder}`);
    await makeCheckpoint(folder, cutShape(SHAPES[shape], layers), { shards });
    return folder;
  }

  /** The checkpoint converted to each of `dtypes`: anew in each program, because the converter may have changed. */
  async converted(dtypes: readonly DtypeOption[]): Promise<string> {
    const names = dtypes.map((dtype) => (typeof dtype === "string" ? dtype : Object.values(dtype).join("-")));
    const { cacheDtype } = this.#options;
    const cache = cacheDtype === "float32" ? [] : ["cache", cacheDtype];
    const folder = await this.folder([this.modelName(), "onnx", ...names, ...cache].join("-"));
    if (this.#converted.has(folder)) return folder;
    const source = await this.checkpoint();
    this.#log(`converting to ${folder}`);
    const options = { dtype: dtypes, cache_dtype: cacheDtype };
    await convertCheckpoint(await openModel(source), await openSink(folder), options);
    this.#converted.add(folder);
    return folder;
  }

  /** The language model with random weights as llama.cpp reads it. One that is there is of the same shape. */
  async gguf(type: GgmlType): Promise<string> {
    const { shape, layers } = this.#options;
    const path = join(await this.folder("gguf"), `${this.modelName()}-${type.toLowerCase()}.gguf`);
    if (!existsSync(path)) await writeGguf(path, cutShape(SHAPES[shape], layers), type);
    return path;
  }

  /** The language model as transformers.js reads it. @throws Error for a shape that has no such graph */
  async transformersJs(): Promise<string> {
    const folder = await this.folder(`transformers.js/${this.modelName()}`);
    if (!existsSync(join(folder, "config.json"))) await writeTransformersJsModel(await this.checkpoint(), folder);
    return folder;
  }

  /** The trained model of this repository, converted. */
  async demo(dtype: DtypeOption): Promise<string> {
    const folder = await this.folder(`demo-onnx-${typeof dtype === "string" ? dtype : Object.values(dtype).join("-")}`);
    await convertCheckpoint(await openModel(DEMO_MODEL), await openSink(folder), { dtype });
    return folder;
  }

  /** A photograph-like JPEG of 12 megapixels. */
  async photo(): Promise<string> {
    return writePhoto(join(await this.folder("pictures"), "photo-4000x3000.jpg"), 4000, 3000);
  }

  /** What files of the shape are named after: `1b`, or `1b-6-layers`. */
  modelName(): string {
    const { shape, layers, shards } = this.#options;
    const parts = [shape, layers && `${layers}-layers`, shards && `${shards}-shards`];
    return parts.filter(Boolean).join("-");
  }
}
