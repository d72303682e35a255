import { realpath, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DTYPES, GRAPHS, graphPath, LINKED_WEIGHTS, tiedEmbeddingsPath } from "@internvl/config";
import { type FileSink, type FileWriter, InternVLError, type ModelFiles } from "@internvl/core";
import { DirectoryFiles, openDirectorySink } from "@internvl/runtime-node";
import { FolderLock } from "./folder-lock.js";
import { isLock, notedIn } from "./lock-file.js";

/** Every graph that a conversion may write, with its external data. */
const GRAPH_FILES = new Set(
  DTYPES.flatMap((dtype) => [
    ...GRAPHS.map((graph) => graphPath(graph, dtype)).flatMap((path) => [path, `${path}_data`]),
    tiedEmbeddingsPath(dtype),
  ]),
);
/** What a program that was killed leaves of a file; see `openDirectorySink`. */
const PARTIAL = /(^|\/)\.[^/]+\.[0-9a-f]{12}\.partial$/;
/** Written last: a folder without one is no model. */
const LAST_FILE = "config.json";

export interface OpenOutputOptions {
  /** Write into a folder that holds something else. Default false. */
  force?: boolean;
  signal?: AbortSignal;
}

/**
 * The folder that a conversion writes. It holds one conversion: an earlier one is replaced, and what an interrupted one
 * left is removed first. While it is written there is no config.json, so that nobody takes a mixture of two for a model,
 * and no other conversion can write into it.
 */
export class OutputFolder implements FileSink {
  readonly name: string;
  readonly #sink: FileSink;
  readonly #lock: FolderLock;
  /** Whether the folder is a conversion's, and nobody's else. */
  readonly #isOurs: boolean;
  readonly #existed: boolean;
  readonly #earlier: readonly string[];
  readonly #written = new Set<string>();
  #isFilled = false;

  private constructor(sink: FileSink, lock: FolderLock, found: Found, earlier: readonly string[]) {
    this.name = sink.name;
    this.#sink = sink;
    this.#lock = lock;
    this.#isOurs = found.isOurs;
    this.#existed = found.exists;
    this.#earlier = earlier;
  }

  /**
   * Locks the folder, which is made if it is not there. Call `close` when all is done, whatever came of it.
   *
   * @throws InternVLError `INPUT_INVALID` when `directory` is the checkpoint's own, or holds what is no conversion and
   *   `force` does not say that this is meant, or another conversion is writing into it; `FILE_WRITE_FAILED`; `ABORTED`
   */
  static async open(directory: string, source: ModelFiles, options: OpenOutputOptions = {}): Promise<OutputFolder> {
    const sink = await openDirectorySink(directory);
    if (await isSameFolder(sink.name, source.name)) {
      throw new InternVLError("INPUT_INVALID", {
        what: "The output folder is the checkpoint's own, whose config.json it would overwrite",
        got: sink.name,
        fix: "Choose another --output_dir.",
      });
    }
    const found = await look(sink.name);
    if (!found.isOurs && options.force !== true) throw notOurs(sink.name, found.files);
    const lock = await FolderLock.claim(sink.name, options);
    try {
      await removeUnfinished(sink.name);
      await lock.clear();
      const earlier = graphFiles(await listDirectory(sink.name));
      return new OutputFolder(sink, lock, found, earlier);
    } catch (error) {
      await lock.release({ mark: true });
      throw error;
    }
  }

  /** The paths of the files that are there by now. */
  get written(): readonly string[] {
    return [...this.#written];
  }

  async create(path: string): Promise<FileWriter> {
    await this.#begin(path);
    const writer = await this.#sink.create(path);
    return {
      write: (bytes) => writer.write(bytes),
      abort: () => writer.abort(),
      commit: async () => {
        await this.#lock.assertHeld();
        await writer.commit();
        this.#written.add(path);
      },
    };
  }

  async link(path: string, file: string): Promise<void> {
    await this.#begin(path);
    await this.#sink.link!(path, file);
    this.#written.add(path);
  }

  /** Runs what writes the files. When it fails, all that it wrote is removed. */
  async fill<Result>(write: () => Promise<Result>): Promise<Result> {
    try {
      const result = await write();
      await this.#lock.clear();
      this.#isFilled = true;
      return result;
    } catch (error) {
      await this.#rollBack();
      throw error;
    }
  }

  /** Gives the folder free. One that was made here and stayed empty goes away again. */
  async close(): Promise<void> {
    const hasMore = (await listDirectory(this.name)).some((path) => !isLock(path));
    await this.#lock.release({ mark: this.#isOurs && !this.#isFilled && hasMore });
    // A folder that holds something stays.
    if (!this.#existed) await rmdir(this.name).catch(() => {});
  }

  async #begin(path: string): Promise<void> {
    await this.#lock.note(path);
    if (this.#written.size === 0) await rm(join(this.name, LAST_FILE), { force: true });
    if (path === LAST_FILE) await this.#removeEarlier();
  }

  /** Removes the graphs of an earlier conversion that this one did not write again. */
  async #removeEarlier(): Promise<void> {
    for (const path of this.#earlier) if (!this.#written.has(path)) await rm(join(this.name, path), { force: true });
  }

  async #rollBack(): Promise<void> {
    // What stands there now is the other's that took over.
    if (!(await this.#lock.isHeld())) return;
    await removeFiles(this.name, this.#written);
    await this.#lock.clear();
  }
}

/** What a folder holds before it is written. */
interface Found {
  exists: boolean;
  /** Empty, or a conversion: complete, interrupted or still running. */
  isOurs: boolean;
  /** What no conversion's lock or partial file is. */
  files: readonly string[];
}

async function look(directory: string): Promise<Found> {
  const present = await listDirectory(directory);
  const exists = (await stat(directory).catch(() => undefined)) !== undefined;
  const files = present.filter((path) => !PARTIAL.test(path) && !isLock(path));
  return { exists, files, isOurs: files.length === 0 || present.some(isLock) || isConversion(files) };
}

/** What graphs need to load: their files and, where a list says that there are such, the checkpoint's that they read. */
function graphFiles(files: readonly string[]): string[] {
  const isLinked = files.includes(LINKED_WEIGHTS);
  const isWeights = (path: string) => path.startsWith("onnx/") && path.endsWith(".safetensors");
  return files.filter((path) => GRAPH_FILES.has(path) || path === LINKED_WEIGHTS || (isLinked && isWeights(path)));
}

/** A conversion: graphs, and no weights of a checkpoint beside them. */
function isConversion(files: readonly string[]): boolean {
  const graphs = graphFiles(files);
  return graphs.length > 0 && !files.some((path) => path.endsWith(".safetensors") && !graphs.includes(path));
}

/** What a conversion that was killed has left: the files that it noted, and those that never got their names. */
async function removeUnfinished(directory: string): Promise<void> {
  const partial = (await listDirectory(directory)).filter((path) => PARTIAL.test(path));
  await removeFiles(directory, [...(await notedIn(directory)), ...partial]);
}

/** Removes files, and the folder of the graphs if nothing else is in it. */
async function removeFiles(directory: string, paths: Iterable<string>): Promise<void> {
  for (const path of paths) await rm(join(directory, path), { force: true });
  await rmdir(join(directory, "onnx")).catch(() => {});
}

function notOurs(directory: string, files: readonly string[]): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: `${directory} holds files that are no earlier conversion`,
    expected: "a new or empty folder, or one that internvl-convert wrote",
    got: `${files.slice(0, 5).join(", ")}${files.length > 5 ? ` and ${files.length - 5} more` : ""}`,
    fix: "Choose another --output_dir, or say --force to write into this one.",
  });
}

async function listDirectory(directory: string): Promise<string[]> {
  try {
    await realpath(directory);
  } catch {
    return [];
  }
  return new DirectoryFiles(directory).list();
}

/** By whatever names: links, other spellings where the disk does not tell them apart, a second mount. */
async function isSameFolder(a: string, b: string): Promise<boolean> {
  if ((await canonical(a)) === (await canonical(b))) return true;
  const [one, other] = await Promise.all([a, b].map((path) => stat(path).catch(() => undefined)));
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino;
}

/** Links resolved, as far as the path exists. */
async function canonical(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(await canonical(parent), absolute.slice(parent.length));
  }
}
