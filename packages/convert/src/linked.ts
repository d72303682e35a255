import { LINKED_WEIGHTS } from "@internvl/config";
import { type FileSink, InternVLError, type ModelFiles, writeFile } from "@internvl/core";
import type { ExternalLocation } from "@internvl/onnx";
import type { WeightSource } from "./checkpoint/index.js";
import { DTYPE_BYTES, elementCount } from "./safetensors/dtype.js";

/** The folder of the graphs: onnxruntime reads external data from it and below, and nowhere else. */
const GRAPH_FOLDER = "onnx";

/** Weights that graphs read from the checkpoint's own files, which get a second name beside the graphs. */
export class LinkedWeights {
  readonly #files = new Set<string>();
  readonly #source: ModelFiles;
  readonly #target: FileSink;

  /** @throws InternVLError `UNSUPPORTED` unless both are folders on a disk */
  constructor(source: ModelFiles, target: FileSink) {
    if (source.localPath === undefined || target.link === undefined) {
      throw new InternVLError("UNSUPPORTED", {
        what: `Files of ${source.name} cannot be linked into ${target.name}`,
        expected: "a checkpoint and an output folder on one disk",
        fix: "Convert without the option link.",
      });
    }
    this.#source = source;
    this.#target = target;
  }

  /**
   * Where a graph finds the bytes of `tensor`; undefined for what is computed, and for what lies across the borders of
   * its elements (a header of odd length), which not every processor reads.
   */
  readonly place = ({ dtype, shape, place }: WeightSource): ExternalLocation | undefined => {
    if (place === undefined || place.offset % DTYPE_BYTES[dtype] !== 0) return undefined;
    this.#files.add(place.file);
    return {
      location: place.file,
      offset: place.offset,
      byteLength: elementCount(shape) * DTYPE_BYTES[dtype],
    };
  };

  /** The checkpoint's files that graphs read. */
  get files(): readonly string[] {
    return [...this.#files].sort();
  }

  /** Gives the files their second names. @throws InternVLError `INPUT_INVALID` when no graph reads any, `FILE_WRITE_FAILED` */
  async link(options: { signal?: AbortSignal }): Promise<void> {
    const { files } = this;
    if (files.length === 0) {
      throw new InternVLError("INPUT_INVALID", {
        what: `The graphs cannot read any weights of ${this.#source.name} as they are stored`,
        expected: "with the option link: fp32 from a checkpoint in bfloat16 or float32, or fp16 from one in float16",
        fix: "Choose another dtype, or convert without the option link.",
      });
    }
    await this.#source.prefetch?.(files, options);
    for (const file of files) await this.#target.link!(`${GRAPH_FOLDER}/${file}`, this.#source.localPath!(file));
    await writeFile(this.#target, LINKED_WEIGHTS, JSON.stringify({ files }));
  }
}
