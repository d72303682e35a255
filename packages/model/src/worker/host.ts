import type { ProgressInfo, Runtime, WorkerPort } from "@internvl/core";
import type { Streamer } from "@internvl/generation";
import { InternVL2_5ForConditionalGeneration } from "../model.js";
import { pack, packError, type Reply, type Request, unpack } from "./messages.js";

/**
 * The worker's side: holds one model and does what the messages ask. The script of a worker is this one call:
 *
 * ```ts
 * hostModel(parentWorkerPort(), nodeRuntime);
 * ```
 */
export function hostModel(port: WorkerPort, runtime: Runtime): void {
  const running = new Map<number, AbortController>();
  let model: InternVL2_5ForConditionalGeneration | undefined;

  async function answer(request: Request, signal: AbortSignal): Promise<unknown> {
    const { id } = request;
    const progress_callback = (info: ProgressInfo) => send({ id, type: "progress", info });
    const calls = { signal, progress_callback };
    switch (request.type) {
      case "load":
        model = await InternVL2_5ForConditionalGeneration.from_pretrained(request.model, {
          ...request.options,
          ...calls,
          runtime,
        });
        return undefined;
      case "forward": {
        const { past_key_values, ...output } = await model!.forward({ ...unpack(request.inputs), ...calls });
        // The arrays of a cache must stay in the thread that runs the sessions.
        past_key_values?.dispose();
        return output;
      }
      case "features":
        return model!.get_image_features(unpack(request.pixel_values), calls);
      case "generate": {
        const streamer = request.streaming ? remoteStreamer(id) : undefined;
        const inputs = { ...unpack(request.inputs), ...calls, streamer };
        const generated = await model!.generate({ ...inputs, ...request.options, return_dict_in_generate: true });
        const { past_key_values, ...result } = generated;
        past_key_values?.dispose();
        return result;
      }
      case "dispose":
        return model?.dispose();
      case "abort":
        return undefined;
    }
  }

  function remoteStreamer(id: number): Streamer {
    return {
      put: (tokens) => send({ id, type: "put", tokens: tokens as number[][] }),
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
