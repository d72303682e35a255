import {
  InternVLError,
  isAbort,
  type LongCallOptions,
  type Tensor,
  throwIfAborted,
  type WorkerPort,
} from "@internvl/core";
import type { GenerationOptions, Streamer } from "@internvl/generation";
import type { CacheOptions } from "../engine/cache.js";
import type {
  Engine,
  EngineParts,
  ForwardInputs,
  ForwardOutput,
  GenerateInputs,
  GenerateResult,
} from "../engine/engine.js";
import type { PastKeyValues } from "../engine/past-key-values.js";
import type { CacheStats } from "../engine/reuse.js";
import type { LoadOptions } from "../loading.js";
import { reportingTo } from "../streaming.js";
import {
  type CacheRows,
  type Generated,
  type ModelSource,
  pack,
  type Reply,
  type Request,
  unpack,
  unpackError,
} from "./messages.js";
import { ownPixels } from "./pixels.js";
import { type CachePort, emptyMirror, mirrorOf, RemoteKeyValueCache } from "./remote-cache.js";

interface Pending extends LongCallOptions {
  streamer?: Streamer;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

type RequestBody = Request extends infer R ? (R extends Request ? Omit<R, "id"> : never) : never;

/**
 * The program's side of a model in a worker. What goes in is copied (a caller may ask a second question about the same
 * `pixel_values`), what comes out is transferred.
 */
export class WorkerEngine implements Engine {
  readonly inWorker = true;
  /** What the worker has loaded; known when `start` is done. */
  dtype!: EngineParts["dtype"];
  prompt_dtype!: EngineParts["prompt_dtype"];
  cache_dtype!: EngineParts["cache_dtype"];
  devices!: EngineParts["devices"];
  readonly #port: WorkerPort;
  readonly #pending = new Map<number, Pending>();
  readonly #caches: CachePort = {
    post: (cache, action) => {
      if (this.#ended === undefined) this.#port.postMessage({ id: ++this.#lastId, type: "cache", cache, action });
    },
    request: (cache, action) => this.#request({ type: "cache", cache, action }, {}),
    newNumber: () => ++this.#lastCache,
  };
  #lastId = 0;
  #lastCache = 0;
  #ended: InternVLError | undefined;

  private constructor(port: WorkerPort) {
    this.#port = port;
    port.onMessage((message) => this.#receive(message as Reply));
    port.onError((cause) => {
      const what = "The worker that held the model ended unexpectedly";
      this.#end(new InternVLError("WORKER_FAILED", { what, cause, fix: "Load the model again." }));
    });
  }

  /** Loads a model in the worker behind `port`. */
  static async start(port: WorkerPort, source: ModelSource, options: LoadOptions): Promise<WorkerEngine> {
    const { runtime: _runtime, signal, progress_callback, ...rest } = options;
    const engine = new WorkerEngine(port);
    try {
      const request: RequestBody = { type: "load", source, options: rest };
      const loaded = (await engine.#request(request, { signal, progress_callback })) as EngineParts;
      const { dtype, prompt_dtype, cache_dtype, devices } = loaded;
      engine.dtype = dtype;
      engine.prompt_dtype = prompt_dtype;
      engine.cache_dtype = cache_dtype;
      engine.devices = devices;
    } catch (error) {
      await port.close();
      throw error;
    }
    return engine;
  }

  async forward(inputs: ForwardInputs): Promise<ForwardOutput> {
    const { signal, progress_callback, past_key_values, ...rest } = inputs;
    const cache = this.#numberOf(past_key_values);
    const { own, transfer } = await ownPixels(rest, signal);
    const request: RequestBody = { type: "forward", inputs: pack(own), cache };
    const calls = { signal, progress_callback };
    const output = (await this.#using(past_key_values, request, calls, transfer)) as ForwardOutput;
    return past_key_values === undefined ? output : { ...output, past_key_values };
  }

  async getImageFeatures(pixel_values: Tensor, options: LongCallOptions = {}): Promise<Tensor> {
    const { own, transfer } = await ownPixels({ pixel_values }, options.signal);
    return (await this.#request({ type: "features", ...pack(own) }, options, transfer)) as Tensor;
  }

  async generate(inputs: GenerateInputs, options: GenerationOptions): Promise<GenerateResult> {
    const { signal, progress_callback, streamer, logits_processor, stopping_criteria, past_key_values, ...rest } =
      inputs;
    const cache = reportingTo(streamer, () => {
      this.#assertRunning();
      if (logits_processor?.length) throw staysInWorker("logits_processor");
      if (stopping_criteria?.length) throw staysInWorker("stopping_criteria");
      if (options.prefix_allowed_tokens_fn) throw staysInWorker("prefix_allowed_tokens_fn");
      return this.#numberOf(past_key_values);
    });
    const newCache = this.#caches.newNumber();
    const streaming = streamer && { top_logprobs: streamer.top_logprobs };
    const { own, transfer } = await ownPixels(rest, signal);
    const request: RequestBody = { type: "generate", inputs: pack(own), options, streaming, cache, newCache };
    const calls = { signal, progress_callback, streamer };
    const generated = (await this.#using(past_key_values, request, calls, transfer)) as Generated;
    if (generated.cache === undefined) return generated.result;
    const kept = generated.cache === cache ? past_key_values! : await this.#handle(newCache);
    return { ...generated.result, past_key_values: kept };
  }

  newCache(batch_size: number, options?: CacheOptions): PastKeyValues {
    this.#assertRunning();
    const mirror = emptyMirror(batch_size, options);
    const number = this.#caches.newNumber();
    this.#caches.post(number, { do: "new", batch_size, options });
    return new RemoteKeyValueCache(this.#caches, number, mirror);
  }

  async loadCache(bytes: Uint8Array): Promise<PastKeyValues> {
    const number = this.#caches.newNumber();
    await this.#caches.request(number, { do: "load", bytes });
    return this.#handle(number);
  }

  async cacheStats(): Promise<CacheStats> {
    return (await this.#request({ type: "cacheStats" }, {})) as CacheStats;
  }

  async clearCaches(): Promise<void> {
    await this.#request({ type: "clearCaches" }, {});
  }

  async dispose(): Promise<void> {
    if (this.#ended !== undefined) return;
    await this.#request({ type: "dispose" }, {});
    this.#end(new InternVLError("RELEASED", { what: "The model was disposed of", fix: "Load it again." }));
    await this.#port.close();
  }

  /** A handle of a cache that the worker has made. */
  async #handle(number: number): Promise<RemoteKeyValueCache> {
    const rows = (await this.#caches.request(number, { do: "rows" })) as CacheRows;
    return new RemoteKeyValueCache(this.#caches, number, mirrorOf(rows));
  }

  /** A request that changes what a cache holds, also when it fails. */
  async #using(
    cache: PastKeyValues | undefined,
    body: RequestBody,
    calls: LongCallOptions & { streamer?: Streamer },
    transfer: ArrayBuffer[],
  ): Promise<unknown> {
    try {
      return await this.#request(body, calls, transfer);
    } finally {
      // Where the worker has died, that is the error to report.
      await (cache as RemoteKeyValueCache | undefined)?.refresh().catch(() => {});
    }
  }

  #numberOf(cache: PastKeyValues | undefined): number | undefined {
    if (cache === undefined) return undefined;
    const number = cache instanceof RemoteKeyValueCache ? cache.numberIn(this.#caches) : undefined;
    if (number !== undefined) return number;
    throw new InternVLError("INPUT_INVALID", {
      what: "past_key_values lives in another thread than the model",
      expected: "one that a call of this model returned, or that its newCache or loadCache made",
      fix: "Call model.loadCache(await past_key_values.save()), or start without it.",
    });
  }

  async #request(
    body: RequestBody,
    calls: LongCallOptions & { streamer?: Streamer },
    transfer?: ArrayBuffer[],
  ): Promise<unknown> {
    // The worker, which would end the stream, never hears of what ends here.
    reportingTo(calls.streamer, () => this.#assertRunning());
    if (calls.signal?.aborted) calls.streamer?.end();
    throwIfAborted(calls.signal);
    const id = ++this.#lastId;
    const abort = () => this.#port.postMessage({ id, type: "abort" } satisfies Request);
    calls.signal?.addEventListener("abort", abort);
    this.#port.ref?.();
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { ...calls, resolve, reject });
        this.#port.postMessage({ ...body, id }, transfer);
      });
    } finally {
      this.#port.unref?.();
      calls.signal?.removeEventListener("abort", abort);
      this.#pending.delete(id);
    }
  }

  #assertRunning(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  #receive(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    try {
      if (reply.type === "progress") pending.progress_callback?.(reply.info);
      else if (reply.type === "put") pending.streamer?.put(reply.tokens, reply.details);
      else if (reply.type === "end") pending.streamer?.end();
      else if (reply.type === "result") pending.resolve(unpack(reply.value));
      else this.#fail(pending, unpackError(reply.error));
    } catch (error) {
      // A callback of the caller's threw: the caller gets its error, and the worker stops.
      pending.reject(error);
      this.#port.postMessage({ id: reply.id, type: "abort" } satisfies Request);
    }
  }

  #fail(pending: Pending, error: unknown): void {
    pending.reject(error);
    // An abort has ended the stream already; anything else must reach whoever reads it.
    if (!isAbort(error)) pending.streamer?.fail?.(error);
  }

  #end(error: InternVLError): void {
    this.#ended ??= error;
    for (const pending of this.#pending.values()) this.#fail(pending, error);
  }
}

function staysInWorker(name: string): InternVLError {
  return new InternVLError("UNSUPPORTED", {
    what: `${name} cannot cross into the worker that holds the model`,
    fix: "Load the model without { worker: true } to use it.",
  });
}
