import { InternVLError } from "@internvl/core";
import type { TensorSource, WeightSource } from "./tensor.js";

/** A source of tensors that are made when they are asked for, by their names. */
export function mappedTensors(name: string, makers: ReadonlyMap<string, () => WeightSource>): TensorSource {
  return {
    name,
    names: () => [...makers.keys()].sort(),
    has: (tensor) => makers.has(tensor),
    get(tensor) {
      const make = makers.get(tensor);
      if (make === undefined) throw missingTensor(name, tensor);
      return make();
    },
  };
}

/** @param source how messages name the place */
export function missingTensor(source: string, tensor: string): InternVLError {
  return new InternVLError("CHECKPOINT_INVALID", {
    what: `${source} has no tensor ${tensor}`,
    fix: "Check that the weights belong to this config.json, or download the model again.",
  });
}
