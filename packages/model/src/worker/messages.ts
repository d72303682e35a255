import {
  AbortedError,
  type ErrorCode,
  type ErrorParts,
  InternVLError,
  type ProgressInfo,
  Tensor,
} from "@internvl/core";
import type { GenerationOptions, TokenDetail } from "@internvl/generation";
import type { CacheOptions } from "../engine/cache.js";
import type { ForwardInputs, GenerateInputs, GenerateResult } from "../engine/engine.js";
import type { LoadOptions } from "../loading.js";

// Structured cloning takes no class instances, so tensors cross as plain objects: see `pack`.

/** Where a worker finds a model: by its name, or in what `ModelFiles.portable` sends of files that are open. */
export type ModelSource = { name: string } | { portable: unknown };

/** What the page or program asks of the thread that holds the model. `id` ties answers to requests. */
export type Request =
  | {
      id: number;
      type: "load";
      source: ModelSource;
      options: Omit<LoadOptions, "runtime" | "signal" | "progress_callback">;
    }
  /** `cache`: the number of `past_key_values`. */
  | { id: number; type: "forward"; inputs: ForwardInputs; cache?: number }
  | { id: number; type: "features"; pixel_values: Tensor }
  /** `newCache`: the number under which a cache that the call makes is kept. */
  | {
      id: number;
      type: "generate";
      inputs: GenerateInputs;
      options: GenerationOptions;
      streaming?: Streaming;
      cache?: number;
      newCache: number;
    }
  | { id: number; type: "cache"; cache: number; action: CacheAction }
  /** Answered with `CacheStats`. */
  | { id: number; type: "cacheStats" }
  | { id: number; type: "clearCaches" }
  | { id: number; type: "dispose" }
  /** Stops the request with this id. It still answers, with the error. */
  | { id: number; type: "abort" };

/** What happens to the cache of a handle. */
export type CacheAction =
  | { do: "new"; batch_size: number; options?: CacheOptions }
  | { do: "load"; bytes: Uint8Array }
  | { do: "fork"; as: number }
  | { do: "crop"; max_length: number }
  | { do: "reorder_cache"; beam_idx: readonly number[] }
  | { do: "batch_repeat_interleave"; repeats: number }
  | { do: "reset" }
  /** Answered with `CacheRows`. */
  | { do: "rows" }
  /** Answered with the file. */
  | { do: "save" }
  | { do: "dispose" };

/** `[batch][length]` each. */
export interface CacheRows {
  tokens: number[][];
  visible: number[][];
}

/** The answer to `generate`. */
export interface Generated {
  result: GenerateResult;
  /** The number of the result's `past_key_values`: the cache that was given, or the new one. */
  cache?: number;
}

/** What a streamer wants to hear. */
export interface Streaming {
  /** As `Streamer` has it. */
  top_logprobs?: number;
}

/** What comes back. A request gets any number of `progress`, `put` and `end`, and one `result` or `error`. */
export type Reply =
  | { id: number; type: "progress"; info: ProgressInfo }
  | { id: number; type: "put"; tokens: number[][]; details?: (TokenDetail | undefined)[] }
  | { id: number; type: "end" }
  | { id: number; type: "result"; value: unknown }
  | { id: number; type: "error"; error: PackedError };

interface PackedTensor {
  packedTensor: true;
  type: Tensor.Type;
  data: Tensor.DataType;
  dims: readonly number[];
}

interface PackedError {
  name: string;
  message: string;
  stack?: string;
  code?: ErrorCode;
  parts?: Omit<ErrorParts, "cause">;
  partial?: unknown;
}

/** Replaces the tensors in `value`, at any depth, by plain objects. Buffers are collected for a transfer. */
export function pack<T>(value: T, transfer?: ArrayBuffer[]): T {
  if (value instanceof Tensor) {
    const { type, data, dims } = value;
    transfer?.push((data as Float32Array).buffer as ArrayBuffer);
    return { packedTensor: true, type, data, dims } satisfies PackedTensor as T;
  }
  return mapChildren(value, (child) => pack(child, transfer)) as T;
}

/** The other way round. */
export function unpack<T>(value: T): T {
  const packed = value as Partial<PackedTensor> | null;
  if (typeof packed === "object" && packed?.packedTensor) {
    return new Tensor(packed.type!, packed.data!, packed.dims) as T;
  }
  return mapChildren(value, unpack) as T;
}

function mapChildren(value: unknown, map: (child: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    // Token rows are long and hold no tensors.
    return typeof value[0] === "number" ? value : value.map(map);
  }
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, map(child)]));
}

export function packError(error: unknown): PackedError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (!InternVLError.isInstance(error)) return { name, message, stack };
  return { name, message, stack, code: error.code, parts: error.parts, partial: (error as AbortedError).partial };
}

export function unpackError({ name, message, stack, code, parts, partial }: PackedError): Error {
  let error: Error;
  if (code === "ABORTED") error = new AbortedError(parts!.what, { partial });
  else if (code !== undefined) error = new InternVLError(code, parts!);
  else error = Object.assign(new Error(message), { name });
  if (stack !== undefined) error.stack = stack;
  return error;
}
