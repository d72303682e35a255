import { type InferenceRuntime, InternVLError, type SessionOptions, throwIfAborted } from "@internvl/core";
import type { InferenceSession } from "onnxruntime-node";
import { type GraphInput, openGraph } from "./graph.js";
import { loadOnnxruntime, SILENT } from "./onnxruntime.js";
import { NodeSession } from "./session.js";

const DEVICES = ["cpu"];

/** Options of onnxruntime-node's sessions. */
export type OnnxruntimeOptions = InferenceSession.SessionOptions;

/**
 * onnxruntime-node on the CPU.
 *
 * Both creating a session and running it block the thread that asks for it from beginning to end, although they return
 * promises. A program that has to stay alive meanwhile hosts the model in a worker thread.
 *
 * A graph by path must have its external data in its own folder or below: onnxruntime refuses `..`,
 * and symbolic links that lead out of the folder in which the graph's own file really lies.
 */
export const nodeInference: InferenceRuntime = createNodeInference();

/**
 * The same with options of onnxruntime of one's own, which win over ours: `{ enableProfiling: true }` has each session write
 * what its operators take.
 */
export function createNodeInference(onnxruntimeOptions: OnnxruntimeOptions = {}): InferenceRuntime {
  return {
    async createSession(graph, options = {}) {
      throwIfAborted(options.signal, "Loading the graph was aborted");
      assertOptions(options);
      const input = await openGraph(graph, options);
      const { InferenceSession: Sessions } = await loadOnnxruntime();
      throwIfAborted(options.signal, "Loading the graph was aborted");
      try {
        const session = await create(Sessions, input, options, onnxruntimeOptions);
        return new NodeSession(session, input.name, options.freeDimensions ?? {});
      } catch (cause) {
        if (InternVLError.isInstance(cause)) throw cause;
        throw new InternVLError("GRAPH_INVALID", {
          what: `${input.name} could not be loaded: ${(cause as Error).message}`,
          fix: "Check that the file is whole and made for this version of onnxruntime; convert the model again if in doubt.",
          cause,
        });
      }
    },
  };
}

function create(
  Sessions: typeof InferenceSession,
  input: GraphInput,
  { threads, freeDimensions }: SessionOptions,
  own: OnnxruntimeOptions,
): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    // A plan for each new shape allocates its own block in the arena and keeps it: more memory, and nothing was faster.
    enableMemPattern: false,
    logSeverityLevel: SILENT,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    // onnxruntime-node 1.30 does not look at it; the session checks its feeds against it all the same.
    ...(freeDimensions !== undefined && { freeDimensionOverrides: { ...freeDimensions } }),
    ...own,
  };
  if ("path" in input) return Sessions.create(input.path, options);
  return Sessions.create(input.bytes, { ...options, externalData: input.externalData });
}

function assertOptions({ device, threads }: SessionOptions): void {
  if (device !== undefined && !DEVICES.includes(device)) {
    throw new InternVLError("UNSUPPORTED", {
      what: `This runtime has no device "${device}"`,
      expected: DEVICES.map((name) => `"${name}"`).join(" or "),
      fix: "Leave the option device out.",
    });
  }
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "The option threads is no number of threads",
      expected: "a whole number of at least 1",
      got: String(threads),
    });
  }
}
