import { joinedRows, type TensorSource, type WeightSource, withTensors } from "../checkpoint/index.js";
import { sameDtype } from "../names/index.js";

/** Matrices that become one: the rows of the first, then those of the second, … */
export interface JoinedLinear {
  /** The name of the whole, and those of its parts, within one module. */
  readonly joined: string;
  readonly parts: readonly string[];
}

/**
 * A checkpoint in which, in each of `modules`, matrices over the same input (`[out, in]`, and their biases where there are
 * some) also stand as one. Nothing is read before the whole is streamed. Each row keeps its numbers in every dtype:
 * quantisation is by rows and blocks of them.
 */
export function withJoinedLinears(
  checkpoint: TensorSource,
  modules: readonly string[],
  { joined, parts }: JoinedLinear,
): TensorSource {
  const whole = new Map<string, WeightSource>();
  for (const module of modules) {
    for (const kind of ["weight", "bias"]) {
      const names = parts.map((part) => `${module}.${part}.${kind}`);
      if (kind === "bias" && !names.some((name) => checkpoint.has(name))) continue;
      const sources = sameDtype(names.map((name) => checkpoint.get(name)));
      const segments = sources.map((source) => ({ source, start: 0, end: source.shape[0]! }));
      const name = `${module}.${joined}.${kind}`;
      whole.set(name, joinedRows(name, segments));
    }
  }
  return withTensors(checkpoint, whole);
}
