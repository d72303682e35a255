import type { LongCallOptions, ModelFiles } from "@internvl/core";

/** A folder within other files. */
export class InnerFiles implements ModelFiles {
  readonly name: string;
  readonly #files: ModelFiles;
  readonly #start: string;

  constructor(files: ModelFiles, folder: string) {
    this.name = `${files.name}/${folder}`;
    this.#files = files;
    this.#start = `${folder}/`;
  }

  async list(): Promise<string[]> {
    const paths = await this.#files.list();
    return paths.filter((path) => path.startsWith(this.#start)).map((path) => path.slice(this.#start.length));
  }

  has(path: string): Promise<boolean> {
    return this.#files.has(this.#start + path);
  }

  size(path: string): Promise<number> {
    return this.#files.size(this.#start + path);
  }

  read(path: string, options?: LongCallOptions): Promise<Uint8Array> {
    return this.#files.read(this.#start + path, options);
  }

  readRange(path: string, start: number, end: number, options?: LongCallOptions): Promise<Uint8Array> {
    return this.#files.readRange(this.#start + path, start, end, options);
  }
}
