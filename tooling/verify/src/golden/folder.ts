import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A directory of golden data. Nothing about its content is known in advance but the layout (see README.md). */
export class GoldenFolder {
  readonly directory: string;
  readonly #parsed = new Map<string, unknown>();

  constructor(directory: string) {
    this.directory = directory;
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  has(path: string): boolean {
    return existsSync(this.path(path));
  }

  /** The names in a folder, sorted; none when there is no such folder. */
  list(folder = "."): string[] {
    return this.has(folder) ? readdirSync(this.path(folder)).sort() : [];
  }

  /** The content of a JSON file, `undefined` when there is none. Files are parsed once. */
  json<T>(path: string): T | undefined {
    if (!this.has(path)) return undefined;
    if (!this.#parsed.has(path)) this.#parsed.set(path, JSON.parse(readFileSync(this.path(path), "utf8")));
    return this.#parsed.get(path) as T;
  }

  /**
   * A file that belongs to another project and therefore lies beside the directory, in `third-party/`.
   *
   * @returns its path, `undefined` when it is not there
   */
  thirdParty(path: string): string | undefined {
    const found = this.path("..", "third-party", path);
    return existsSync(found) ? found : undefined;
  }

  /** The path of a picture that images.json or preprocess.json names. */
  picture(file: string): string | undefined {
    return this.has(`images/${file}`) ? this.path("images", file) : this.thirdParty(`images/${file}`);
  }
}
