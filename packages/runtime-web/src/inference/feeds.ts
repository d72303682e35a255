import { type Feeds, InternVLError, type Tensor, type ValueInfo } from "@internvl/core";

/**
 * Checks feeds before onnxruntime sees them: its own messages do not name the feed.
 *
 * @throws InternVLError `INPUT_INVALID`
 */
export function checkFeeds(feeds: Feeds, inputs: readonly ValueInfo[], graph: string): void {
  for (const input of inputs) {
    const tensor = feeds[input.name];
    if (tensor === undefined) {
      throw invalid(
        `The feed "${input.name}" of ${graph} is missing`,
        describe(input.type, input.shape),
        names(Object.keys(feeds)),
      );
    }
    if (!fits(tensor, input)) {
      throw invalid(
        `The feed "${input.name}" of ${graph} does not fit`,
        describe(input.type, input.shape),
        describe(tensor.type, tensor.dims),
      );
    }
  }
  const known = inputs.map((input) => input.name);
  const unknown = Object.keys(feeds).find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid(`${graph} has no input "${unknown}"`, names(known));
}

/** The outputs to compute. @throws InternVLError `INPUT_INVALID` for one that the graph does not have */
export function checkFetches(
  fetches: readonly string[] | undefined,
  outputs: readonly ValueInfo[],
  graph: string,
): string[] {
  const known = outputs.map((output) => output.name);
  const unknown = fetches?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid(`${graph} has no output "${unknown}"`, names(known));
  return [...(fetches ?? known)];
}

function fits(tensor: Tensor, { type, shape }: ValueInfo): boolean {
  if (tensor.type !== type) return false;
  // A graph may leave a shape open: onnxruntime then reports no dimensions, as it does for a scalar.
  if (shape.length === 0) return true;
  const { dims } = tensor;
  return dims.length === shape.length && shape.every((size, axis) => typeof size === "string" || size === dims[axis]);
}

function invalid(what: string, expected: string, got?: string): InternVLError {
  return new InternVLError("INPUT_INVALID", { what, expected, got });
}

function describe(type: string, shape: readonly (number | string)[]): string {
  return `${type} [${shape.join(", ")}]`;
}

function names(list: readonly string[]): string {
  return list.length === 0 ? "none" : list.map((name) => `"${name}"`).join(", ");
}
