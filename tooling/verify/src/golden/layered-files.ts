import { InternVLError, type LongCallOptions, type ModelFiles } from "@internvl/core";

/** Folders laid over each other: each file is the one of the first folder that has it. */
export class LayeredFiles implements ModelFiles {
  readonly name: string;
  readonly #layers: readonly ModelFiles[];

  constructor(name: string, layers: readonly ModelFiles[]) {
    this.name = name;
    this.#layers = layers;
  }

  async list(): Promise<string[]> {
    const lists = await Promise.all(this.#layers.map((layer) => layer.list()));
    return [...new Set(lists.flat())].sort();
  }

  async has(path: string): Promise<boolean> {
    return (await this.#find(path)) !== undefined;
  }

  async size(path: string): Promise<number> {
    return (await this.#get(path)).size(path);
  }

  async read(path: string, options?: LongCallOptions): Promise<Uint8Array> {
    return (await this.#get(path)).read(path, options);
  }

  async readRange(path: string, start: number, end: number, options?: LongCallOptions): Promise<Uint8Array> {
    return (await this.#get(path)).readRange(path, start, end, options);
  }

  async #find(path: string): Promise<ModelFiles | undefined> {
    for (const layer of this.#layers) if (await layer.has(path)) return layer;
    return undefined;
  }

  async #get(path: string): Promise<ModelFiles> {
    const layer = await this.#find(path);
    if (layer !== undefined) return layer;
    throw new InternVLError("FILE_NOT_FOUND", { what: `${path} is not in ${this.name}` });
  }
}
