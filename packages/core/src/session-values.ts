import { type InferenceSession, Tensor } from "onnxruntime-common";
import { InternVLError } from "./errors.js";
import type { ValueInfo } from "./inference.js";

// What sessions over any build of onnxruntime share.

/**
 * An input or output as `Session` describes it.
 *
 * @param freeDimensions sizes of symbolic dimensions that are known
 * @throws InternVLError `GRAPH_INVALID` for what is no tensor
 */
export function valueInfo(
  value: InferenceSession.ValueMetadata,
  freeDimensions: Readonly<Record<string, number>>,
): ValueInfo {
  if (!value.isTensor) {
    throw new InternVLError("GRAPH_INVALID", { what: `"${value.name}" is a sequence or a map`, expected: "a tensor" });
  }
  const shape = value.shape.map((size) => (typeof size === "string" ? (freeDimensions[size] ?? size) : size));
  return { name: value.name, type: value.type, shape };
}

/** onnxruntime's builds carry Tensor classes of their own: what leaves a session is an instance of this package's. */
export function ownTensors(outputs: InferenceSession.OnnxValueMapType): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)]),
  );
}

/** @param graph as messages name it */
export function sessionReleased(graph: string): InternVLError {
  return new InternVLError("RELEASED", {
    what: `The session of ${graph} was released`,
    fix: "Create it again, or release it later.",
  });
}

/** @param graph as messages name it */
export function runFailed(graph: string, cause: unknown): InternVLError {
  return new InternVLError("RUNTIME_FAILED", {
    what: `Running ${graph} failed: ${(cause as Error).message}`,
    fix: "Compare the shapes of the feeds with the session's inputs; for lack of memory use smaller batches.",
    cause,
  });
}
