import type { DialectName } from "@internvl/config";
import { InternVLError } from "@internvl/core";
import { listing, type TensorSource } from "../checkpoint/index.js";

/** Names that only one way of naming has: those of the language model can be the same in both. */
const ORIGINAL = /^(?:vision_model|mlp1)\./;
const TRANSFORMERS = /^(?:model\.)?(?:vision_tower|multi_modal_projector)\./;

/**
 * Checks that tensors are named as the folder's config.json says.
 *
 * @throws InternVLError `CHECKPOINT_INVALID` when some or all are named the other way
 */
export function assertNamesOf(dialect: DialectName, tensors: TensorSource): void {
  const [own, other, others] =
    dialect === "transformers" ? [TRANSFORMERS, ORIGINAL, "the original"] : [ORIGINAL, TRANSFORMERS, "Transformers"];
  const names = tensors.names();
  const foreign = names.filter((name) => other.test(name));
  if (foreign.length === 0) return;
  const count = names.filter((name) => own.test(name)).length;
  throw new InternVLError("CHECKPOINT_INVALID", {
    what: `${tensors.name} mixes two dialects: its config.json is of the dialect "${dialect}", its weights ${count > 0 ? "are partly" : "are"} named as ${others} names them`,
    expected: "config.json and weights of one dialect",
    got: listing(foreign),
    fix: "Take config.json and weights from one folder of one model.",
  });
}
