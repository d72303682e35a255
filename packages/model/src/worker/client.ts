import {
  InternVLError,
  isAbort,
  type LongCallOptions,
  type Tensor,
  throwIfAborted,
  type WorkerPort,
} from "@internvl/core";
import type { GenerationOptions, Streamer } from "@internvl/generation";
import type { Engine, ForwardInputs, ForwardOutput, GenerateInputs, GenerateResult } from "../engine/engine.js";
import type { LoadOptions } from "../loading.js";
import { reportingTo } from "../streaming.js";
import { pack, type Reply, type Request, unpack, unpackError } from "./messages.js";

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
  readonly #port: WorkerPort;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #ended: InternVLError | undefined;

  private constructor(port: WorkerPort) {
    this.#port = port;
    port.onMessage((message) => this.#receive(message as Reply));
    port.onError((cause) => {
      const what = "The worker that held the model ended unexpectedly";
      this.#end(new InternVLError("WORKER_FAILED", { what, cause, fix: "Load the model again." }));
    });
  }

  /** Loads `model` in the worker behind `port`. */
  static async start(port: WorkerPort, model: string, options: LoadOptions): Promise<WorkerEngine> {
    const { runtime: _runtime, signal, progress_callback, ...rest } = options;
    const engine = new WorkerEngine(port);
    try {
      await engine.#request({ type: "load", model, options: rest }, { signal, progress_callback });
    } catch (error) {
      await port.close();
      throw error;
    }
    return engine;
  }

  async forward(inputs: ForwardInputs): Promise<ForwardOutput> {
    const { signal, progress_callback, ...rest } = inputs;
    if (rest.past_key_values !== undefined) throw staysInWorker("past_key_values");
    const output = await this.#request({ type: "forward", inputs: pack(rest) }, { signal, progress_callback });
    return output as ForwardOutput;
  }

  async getImageFeatures(pixel_values: Tensor, options: LongCallOptions = {}): Promise<Tensor> {
    return (await this.#request({ type: "features", pixel_values: pack(pixel_values) }, options)) as Tensor;
  }

  async generate(inputs: GenerateInputs, options: GenerationOptions): Promise<GenerateResult> {
    const { signal, progress_callback, streamer, logits_processor, stopping_criteria, ...rest } = inputs;
    reportingTo(streamer, () => {
      this.#assertRunning();
      if (rest.past_key_values !== undefined) throw staysInWorker("past_key_values");
      if (logits_processor?.length) throw staysInWorker("logits_processor");
      if (stopping_criteria?.length) throw staysInWorker("stopping_criteria");
    });
    const streaming = streamer !== undefined;
    const request: RequestBody = { type: "generate", inputs: pack(rest), options, streaming };
    return (await this.#request(request, { signal, progress_callback, streamer })) as GenerateResult;
  }

  async dispose(): Promise<void> {
    if (this.#ended !== undefined) return;
    await this.#request({ type: "dispose" }, {});
    this.#end(new InternVLError("RELEASED", { what: "The model was disposed of", fix: "Load it again." }));
    await this.#port.close();
  }

  async #request(body: RequestBody, calls: LongCallOptions & { streamer?: Streamer }): Promise<unknown> {
    this.#assertRunning();
    throwIfAborted(calls.signal);
    const id = ++this.#lastId;
    const abort = () => this.#port.postMessage({ id, type: "abort" } satisfies Request);
    calls.signal?.addEventListener("abort", abort);
    this.#port.ref?.();
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { ...calls, resolve, reject });
        this.#port.postMessage({ ...body, id });
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
      else if (reply.type === "put") pending.streamer?.put(reply.tokens);
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
