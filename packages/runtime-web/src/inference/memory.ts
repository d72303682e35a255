import { InternVLError } from "@internvl/core";

/** How onnxruntime-web, wasm and browsers say that there is no memory left. */
const NO_MEMORY =
  /bad_alloc|failed to allocate memory|out of memory|array buffer allocation failed|could not allocate|integer overflow|OOM/i;

/**
 * The error for a `cause` that is a lack of memory; undefined for any other. A wasm program addresses 4 GB at the most,
 * whatever the machine has: a graph that asks for more overflows its sizes.
 *
 * @param graph as messages name it
 */
export function outOfMemory(graph: string, cause: unknown): InternVLError | undefined {
  const { message } = cause as Error;
  if (!NO_MEMORY.test(message)) return undefined;
  return new InternVLError("OUT_OF_MEMORY", {
    what: `There is not enough memory for ${graph}: ${message}`,
    fix: "Dispose of models that are not needed, use fewer or smaller tiles or a smaller dtype, or a smaller model.",
    cause,
  });
}
