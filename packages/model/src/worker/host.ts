import type { ProgressInfo, Runtime, WorkerPort } from "@internvl/core";
import type { Streamer, TokenDetail } from "@internvl/generation";
import type { EngineParts } from "../engine/engine.js";
import { InternVL2_5ForConditionalGeneration } from "../model.js";
import { CacheTable } from "./cache-table.js";
import { type Generated, pack, packError, type Reply, type Request, type Streaming, unpack } from "./messages.js";

/**
 * The worker's side: holds one model and does what the messages ask. The script of a worker is this one call:
 *
 * ```ts
 * hostModel(parentWorkerPort(), nodeRuntime);
 * ```
 */
export function hostModel(port: WorkerPort, runtime: Runtime): void {
  const running = new Map<number, AbortController>();
  const caches = new CacheTable();
  let model: InternVL2_5ForConditionalGeneration | undefined;

  async function answer(request: Request, signal: AbortSignal): Promise<unknown> {
    const { id } = request;
    const progress_callback = (info: ProgressInfo) => send({ id, type: "progress", info });
    const calls = { signal, progress_callback };
    switch (request.type) {
      case "load": {
        const { source, options } = request;
        const found = "name" in source ? source.name : runtime.files.reopen!(source.portable);
        model = await InternVL2_5ForConditionalGeneration.from_pretrained(found, { ...options, ...calls, runtime });
        const { dtype, prompt_dtype, cache_dtype, devices } = model;
        return { dtype, prompt_dtype, cache_dtype, devices } satisfies EngineParts;
      }
      case "forward":
        return caches.lend(request.cache, async (given) => {
          const inputs = { ...unpack(request.inputs), ...calls, past_key_values: given };
          const { past_key_values, ...output } = await model!.forward(inputs);
          // The arrays of a cache must stay in the thread that runs the sessions.
          if (past_key_values !== given) past_key_values?.dispose();
          return output;
        });
      case "features":
        return model!.get_image_features(unpack(request.pixel_values), calls);
      case "generate":
        return caches.lend(request.cache, async (given): Promise<Generated> => {
          const { options } = request;
          const streamer = request.streaming && remoteStreamer(id, request.streaming);
          const inputs = { ...unpack(request.inputs), ...calls, streamer, past_key_values: given };
          const generated = await model!.generate({ ...inputs, ...options, return_dict_in_generate: true });
          const { past_key_values, ...result } = generated;
          if (past_key_values === undefined) return { result };
          if (past_key_values === given) return { result, cache: request.cache };
          if (options.return_dict_in_generate) {
            caches.keep(request.newCache, past_key_values);
            return { result, cache: request.newCache };
          }
          past_key_values.dispose();
          return { result };
        });
      case "cache":
        return caches.act(request.cache, request.action, model!);
      case "cacheStats":
        return model!.cacheStats();
      case "clearCaches":
        return model!.clearCaches();
      case "dispose":
        caches.disposeAll();
        return model?.dispose();
      case "abort":
        return undefined;
    }
  }

  function remoteStreamer(id: number, { top_logprobs }: Streaming): Streamer {
    return {
      top_logprobs,
      put: (tokens, details) =>
        send({ id, type: "put", tokens: tokens as number[][], details: details as (TokenDetail | undefined)[] }),
      end: () => send({ id, type: "end" }),
    };
  }

  function send(reply: Reply): void {
    const transfer: ArrayBuffer[] = [];
    const message = reply.type === "result" ? { ...reply, value: pack(reply.value, transfer) } : reply;
    port.postMessage(message, [...new Set(transfer)]);
  }

  port.onMessage(async (message) => {
    const request = message as Request;
    if (request.type === "abort") {
      running.get(request.id)?.abort();
      return;
    }
    const controller = new AbortController();
    running.set(request.id, controller);
    try {
      send({ id: request.id, type: "result", value: await answer(request, controller.signal) });
    } catch (error) {
      send({ id: request.id, type: "error", error: packError(error) });
    } finally {
      running.delete(request.id);
    }
  });
}
