import type { ModelFiles } from "@internvl/core";
import { InnerFiles } from "./inner-files.js";

/**
 * A directory of golden data, wherever it lies: on a disk, or on a web server. Nothing about its content is known in
 * advance but the layout (see README.md).
 */
export class GoldenFolder {
  readonly #files: ModelFiles;
  readonly #thirdParty: ModelFiles | undefined;
  readonly #paths: ReadonlySet<string>;
  readonly #thirdPartyPaths: ReadonlySet<string>;
  readonly #parsed = new Map<string, Promise<unknown>>();

  private constructor(
    files: ModelFiles,
    paths: readonly string[],
    thirdParty: ModelFiles | undefined,
    thirdPartyPaths: readonly string[],
  ) {
    this.#files = files;
    this.#paths = new Set(paths);
    this.#thirdParty = thirdParty;
    this.#thirdPartyPaths = new Set(thirdPartyPaths);
  }

  /** @param thirdParty what belongs to other projects and therefore lies beside the directory */
  static async open(files: ModelFiles, thirdParty?: ModelFiles): Promise<GoldenFolder> {
    return new GoldenFolder(files, await files.list(), thirdParty, (await thirdParty?.list()) ?? []);
  }

  /** How messages name it. */
  get name(): string {
    return this.#files.name;
  }

  /** Whether there is a file or a folder of this path. */
  has(path: string): boolean {
    return this.#paths.has(path) || this.list(path).length > 0;
  }

  /** The names in a folder, sorted; none when there is no such folder. */
  list(folder = ""): string[] {
    return namesIn(this.#paths, folder);
  }

  /** The content of a JSON file, `undefined` when there is none. Files are parsed once. */
  async json<T>(path: string): Promise<T | undefined> {
    if (!this.#paths.has(path)) return undefined;
    const parsed =
      this.#parsed.get(path) ?? this.read(path).then((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
    this.#parsed.set(path, parsed);
    return (await parsed) as T;
  }

  /** Where a file or a folder lies on the disk, for programs that are no part of this one. */
  localPath(path: string): string {
    if (this.#files.localPath === undefined) throw new Error(`${this.name} is not on this machine`);
    return this.#files.localPath(path);
  }

  read(path: string): Promise<Uint8Array> {
    return this.#files.read(path);
  }

  /** The files below a folder, by their paths within it. */
  files(folder: string): ModelFiles {
    return new InnerFiles(this.#files, folder);
  }

  /** The files below a folder of other projects, `undefined` when it is not there. */
  thirdParty(folder: string): ModelFiles | undefined {
    const isHere = this.#thirdParty !== undefined && namesIn(this.#thirdPartyPaths, folder).length > 0;
    return isHere ? new InnerFiles(this.#thirdParty, folder) : undefined;
  }

  /** A picture that images.json or preprocess.json names, as a function that reads it; `undefined` when it is not here. */
  picture(file: string): (() => Promise<Uint8Array>) | undefined {
    const path = `images/${file}`;
    if (this.#paths.has(path)) return () => this.#files.read(path);
    return this.#thirdPartyPaths.has(path) ? () => this.#thirdParty!.read(path) : undefined;
  }
}

function namesIn(paths: ReadonlySet<string>, folder: string): string[] {
  const start = folder === "" ? "" : `${folder}/`;
  const names = [...paths]
    .filter((path) => path.startsWith(start))
    .map((path) => path.slice(start.length).split("/")[0]!);
  return [...new Set(names)].sort();
}
