import { type InferenceRuntime, InternVLError, type SessionOptions, throwIfAborted } from "@internvl/core";
import type { InferenceSession } from "onnxruntime-web";
import { chooseDevice, offerDevices, type WebDevice } from "./device.js";
import { type GpuContext, openGpu } from "./gpu.js";
import { type GraphInput, openGraph } from "./graph.js";
import { outOfMemory } from "./memory.js";
import { loadOnnxruntime, runtimeMissing, SILENT } from "./onnxruntime.js";
import { WebSession } from "./session.js";
import { countThreads } from "./threads.js";
import { Turns } from "./turns.js";

/** How onnxruntime-web is set up, once a page. */
export interface WebInferenceOptions {
  /**
   * The address of the folder that holds onnxruntime's .wasm and .mjs files, ending in `/`. Default: beside the script,
   * where bundlers put them. Nothing is ever fetched from another origin unless this names one.
   */
  wasmPaths?: string;
}

/** One queue a device, because each has an engine of its own. */
const turns: Readonly<Record<WebDevice, Turns>> = { wasm: new Turns(), webgpu: new Turns() };

/**
 * onnxruntime-web on wasm (SIMD; threads where the page is cross-origin isolated) or WebGPU.
 *
 * Runs on wasm block the thread that asks for them; a page that has to stay alive hosts the model in a worker.
 */
export function createWebInference({ wasmPaths }: WebInferenceOptions = {}): InferenceRuntime {
  return {
    offerDevices,
    async createSession(graph, options = {}) {
      throwIfAborted(options.signal, "Loading the graph was aborted");
      const threads = countThreads(options.threads);
      const device = await chooseDevice(options.device);
      const input = await openGraph(graph, options);
      const { InferenceSession: Sessions } = await loadOnnxruntime(device.name, { wasmPaths, threads }, options);
      throwIfAborted(options.signal, "Loading the graph was aborted");
      const queue = turns[device.name];
      const gpu = device.name === "webgpu" ? await openGpu() : undefined;
      const session = await queue.take(() => create(Sessions, input, gpu, options));
      if (gpu !== undefined && !gpu.device.features.has("shader-f16") && takesHalf(session)) {
        await queue.take(() => session.release());
        throw noHalf(input.name);
      }
      return new WebSession(session, { name: input.name, device, gpu, turns: queue }, options.freeDimensions ?? {});
    },
  };
}

/** `createWebInference` with its defaults. */
export const webInference: InferenceRuntime = createWebInference();

function takesHalf({ inputMetadata }: InferenceSession): boolean {
  return inputMetadata.some((value) => value.isTensor && value.type === "float16");
}

function noHalf(graph: string): InternVLError {
  return new InternVLError("UNSUPPORTED", {
    what: `${graph} takes numbers in half precision, which the WebGPU of this machine does not compute with`,
    expected: "a device with the feature shader-f16",
    fix: 'Use device "wasm" for it, or convert the checkpoint with --cache_dtype float32.',
  });
}

async function create(
  Sessions: typeof InferenceSession,
  { name, bytes, externalData }: GraphInput,
  gpu: GpuContext | undefined,
  { freeDimensions }: SessionOptions,
): Promise<InferenceSession> {
  try {
    return await Sessions.create(bytes, {
      executionProviders: [gpu === undefined ? "wasm" : { name: "webgpu", device: gpu.device }],
      graphOptimizationLevel: "all",
      logSeverityLevel: SILENT,
      externalData,
      ...(freeDimensions !== undefined && { freeDimensionOverrides: { ...freeDimensions } }),
    });
  } catch (cause) {
    gpu?.assertThere(name, cause);
    // onnxruntime fetches its wasm with the first session.
    if (/no available backend found/i.test((cause as Error).message)) throw runtimeMissing(cause);
    const lack = outOfMemory(name, cause);
    if (lack !== undefined) throw lack;
    throw new InternVLError("GRAPH_INVALID", {
      what: `${name} could not be loaded: ${(cause as Error).message}`,
      fix: "Check that the file is whole and made for this version of onnxruntime; convert the model again if in doubt.",
      cause,
    });
  }
}
