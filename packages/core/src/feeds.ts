import type { Tensor } from "onnxruntime-common";
import { InternVLError } from "./errors.js";
import type { Feeds, ValueInfo } from "./inference.js";

/**
 * Checks feeds before onnxruntime sees them: its own messages do not name the feed. For runtimes over it.
 *
 * @param graph as messages name it
 * @throws InternVLError `INPUT_INVALID`
 */
export function checkFeeds(feeds: Feeds, inputs: readonly ValueInfo[], graph: string): void {
  for (const input of inputs) {
    const tensor = feeds[input.name];
    if (tensor === undefined) {
      throw new InternVLError("INPUT_INVALID", {
        what: `The feed "${input.name}" of ${graph} is missing`,
        expected: `${input.type} ${showShape(input.shape)}`,
        got: showNames(Object.keys(feeds)),
      });
    }
    checkTensor(tensor, input, graph);
  }
  for (const name of Object.keys(feeds)) {
    if (!inputs.some((input) => input.name === name)) {
      throw new InternVLError("INPUT_INVALID", {
        what: `${graph} has no input "${name}"`,
        expected: showNames(inputs.map((input) => input.name)),
      });
    }
  }
}

/** The outputs to compute. @throws InternVLError `INPUT_INVALID` for one that the graph does not have */
export function checkFetches(
  fetches: readonly string[] | undefined,
  outputs: readonly ValueInfo[],
  graph: string,
): string[] {
  const known = outputs.map((output) => output.name);
  for (const name of fetches ?? []) {
    if (!known.includes(name)) {
      throw new InternVLError("INPUT_INVALID", {
        what: `${graph} has no output "${name}"`,
        expected: showNames(known),
      });
    }
  }
  return fetches === undefined ? known : [...fetches];
}

function checkTensor(tensor: Tensor, input: ValueInfo, graph: string): void {
  const { type, shape } = input;
  // A graph may leave a shape open: onnxruntime then reports no dimensions, as it does for a scalar.
  const fits =
    shape.length === 0 ||
    (tensor.dims.length === shape.length &&
      shape.every((size, axis) => typeof size === "string" || size === tensor.dims[axis]));
  if (tensor.type !== type || !fits) {
    throw new InternVLError("INPUT_INVALID", {
      what: `The feed "${input.name}" of ${graph} does not fit`,
      expected: `${type} ${showShape(shape)}`,
      got: `${tensor.type} ${showShape(tensor.dims)}`,
    });
  }
}

function showShape(shape: readonly (number | string)[]): string {
  return `[${shape.join(", ")}]`;
}

function showNames(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.map((name) => `"${name}"`).join(", ");
}
