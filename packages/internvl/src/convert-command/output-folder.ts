import { realpath, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DTYPES, GRAPHS, graphPath } from "@internvl/config";
import { type FileSink, type FileWriter, InternVLError, type ModelFiles } from "@internvl/core";
import { DirectoryFiles, openDirectorySink } from "@internvl/runtime-node";

/** Every graph that a conversion may write, with its external data. */
const GRAPH_FILES = new Set(
  GRAPHS.flatMap((graph) => DTYPES.map((dtype) => graphPath(graph, dtype))).flatMap((path) => [path, `${path}_data`]),
);
/** What a program that was killed leaves of a file; see `openDirectorySink`. */
const PARTIAL = /(^|\/)\.[^/]+\.[0-9a-f]{12}\.partial$/;

/**
 * The folder that a conversion writes. It holds one conversion: an earlier one is replaced. While it is written there is
 * no config.json, so that nobody takes a mixture of the two for a model.
 */
export class OutputFolder implements FileSink {
  readonly name: string;
  readonly #sink: FileSink;
  readonly #earlier: readonly string[];
  readonly #written = new Set<string>();
  #started = false;

  private constructor(sink: FileSink, earlier: readonly string[]) {
    this.name = sink.name;
    this.#sink = sink;
    this.#earlier = earlier;
  }

  /**
   * @throws InternVLError `INPUT_INVALID` when `directory` is the checkpoint's own, or holds what is no conversion and
   *   `force` does not say that this is meant
   */
  static async open(directory: string, source: ModelFiles, options: { force?: boolean } = {}): Promise<OutputFolder> {
    const sink = await openDirectorySink(directory);
    if ((await canonical(sink.name)) === (await canonical(source.name))) {
      throw new InternVLError("INPUT_INVALID", {
        what: "The output folder is the checkpoint's own, whose config.json it would overwrite",
        got: sink.name,
        fix: "Choose another --output_dir.",
      });
    }
    const present = await listDirectory(sink.name);
    const files = present.filter((path) => !PARTIAL.test(path));
    if (files.length > 0 && !isConversion(files) && options.force !== true) {
      throw new InternVLError("INPUT_INVALID", {
        what: `${sink.name} holds files that are no earlier conversion`,
        expected: "a new or empty folder, or one that internvl-convert wrote",
        got: `${files.slice(0, 5).join(", ")}${files.length > 5 ? ` and ${files.length - 5} more` : ""}`,
        fix: "Choose another --output_dir, or say --force to write into this one.",
      });
    }
    return new OutputFolder(
      sink,
      present.filter((path) => PARTIAL.test(path) || GRAPH_FILES.has(path)),
    );
  }

  async create(path: string): Promise<FileWriter> {
    if (!this.#started) {
      this.#started = true;
      await rm(join(this.name, "config.json"), { force: true });
    }
    const writer = await this.#sink.create(path);
    return {
      write: (bytes) => writer.write(bytes),
      abort: () => writer.abort(),
      commit: async () => {
        await writer.commit();
        this.#written.add(path);
      },
    };
  }

  /** Removes what an earlier conversion left and this one did not write again. */
  async removeEarlier(): Promise<void> {
    for (const path of this.#earlier) if (!this.#written.has(path)) await rm(join(this.name, path), { force: true });
  }

  /** Removes what was written, after a conversion that did not come to its end. */
  async rollBack(): Promise<void> {
    for (const path of this.#written) await rm(join(this.name, path), { force: true });
    for (const folder of [join(this.name, "onnx"), this.name]) {
      // A folder that holds something stays.
      await rmdir(folder).catch(() => {});
    }
  }
}

/** An earlier conversion, finished or not: graphs, and no weights of a checkpoint beside them. */
function isConversion(files: readonly string[]): boolean {
  return files.some((path) => GRAPH_FILES.has(path)) && !files.some((path) => path.endsWith(".safetensors"));
}

async function listDirectory(directory: string): Promise<string[]> {
  try {
    await realpath(directory);
  } catch {
    return [];
  }
  return new DirectoryFiles(directory).list();
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
