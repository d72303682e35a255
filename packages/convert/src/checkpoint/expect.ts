import { InternVLError } from "@internvl/core";
import type { SafetensorsDtype } from "../safetensors/dtype.js";
import { counted, listing } from "./listing.js";
import type { TensorSpec } from "./spec.js";
import type { TensorSource } from "./tensor.js";

export interface ExpectTensorsOptions {
  /** What becomes of tensors that no spec names: they are returned, or an error. Default `"allow"`. */
  extra?: "allow" | "refuse";
  /** What is known to be wrong already: it is reported with all the rest. */
  problems?: readonly string[];
  /**
   * Asked when something does not fit: the fields of config.json that are to blame. Where there are any, tensors that no
   * spec names are an error in any case: fewer layers than there are would be converted into another network.
   */
  blame?: () => readonly string[];
}

/** The dtypes that weights are converted from. */
const WEIGHT_DTYPES: readonly SafetensorsDtype[] = ["F32", "F16", "BF16"];

/**
 * Checks a checkpoint against what a network expects, all of it before any weight is read.
 *
 * @returns the names that no spec has
 * @throws InternVLError `CHECKPOINT_INVALID`: one error with all that is missing, of a wrong shape, of a wrong dtype or
 *   known to be wrong, and then with what is too much; at most eight names of each kind, the rest counted
 */
export function expectTensors(
  checkpoint: TensorSource,
  specs: readonly TensorSpec[],
  { extra = "allow", problems = [], blame = () => [] }: ExpectTensorsOptions = {},
): string[] {
  const missing: string[] = [];
  const wrongShapes: string[] = [];
  const wrongDtypes: string[] = [];
  for (const { name, shape, optional } of specs) {
    if (!checkpoint.has(name)) {
      if (optional !== true) missing.push(`${name} [${shape.join(", ")}]`);
      continue;
    }
    const tensor = checkpoint.get(name);
    if (!sameShape(tensor.shape, shape)) {
      wrongShapes.push(`${name} is [${tensor.shape.join(", ")}] and not [${shape.join(", ")}]`);
    }
    if (!WEIGHT_DTYPES.includes(tensor.dtype)) wrongDtypes.push(`${name} is ${tensor.dtype}`);
  }
  const unused = extraNames(checkpoint, specs);
  const findings = [
    ...problems,
    finding(missing, "missing"),
    finding(wrongShapes, "of another shape"),
    finding(wrongDtypes, "of another dtype"),
  ].filter((line) => line !== undefined);
  const isWrong = findings.length > 0 || (extra === "refuse" && unused.length > 0);
  // Tensors that are too much are another network's, where a field of config.json explains them.
  const blamed = isWrong || unused.length > 0 ? blame() : [];
  if (!isWrong && blamed.length === 0) return unused;
  throw new InternVLError("CHECKPOINT_INVALID", {
    what: `The weights of ${checkpoint.name} do not fit its config.json${blamed.length > 0 ? `: ${blamed.join("; ")}` : ""}`,
    expected: `the ${counted(specs.length, "tensor")} of the network in ${WEIGHT_DTYPES.join(", ")}`,
    got: [...findings, finding(unused, "not expected")].filter((line) => line !== undefined).join("; "),
    fix: "Check that config.json and the weights belong together, or download the model again.",
  });
}

function finding(names: readonly string[], problem: string): string | undefined {
  return names.length === 0 ? undefined : `${counted(names.length, "tensor")} ${problem}: ${listing(names)}`;
}

function extraNames(checkpoint: TensorSource, specs: readonly TensorSpec[]): string[] {
  const expected = new Set(specs.map((spec) => spec.name));
  return checkpoint.names().filter((name) => !expected.has(name));
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}
