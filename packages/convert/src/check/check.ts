import type { GraphName } from "@internvl/config";
import { type InferenceRuntime, InternVLError, type LongCallOptions, throwIfAborted } from "@internvl/core";
import { type Rows, Weights } from "../reference/index.js";
import { type Compared, comparePart, isWithinLimit, type PartCheck } from "./compare.js";
import { type CheckedFolder, type OriginalModel, type WrittenGraph, withGraph } from "./graph.js";
import { compareDecoder, compareEmbeddings, decoderParts } from "./text.js";
import { compareVision, visionParts } from "./vision.js";

/**
 * Compares converted graphs with a plain evaluation of the original's tensors, whatever their dtype: the embeddings, sampled
 * layers, the projector and logits, for the first tokens of one picture and a few words. Each part is given the graph's own
 * numbers before it, so that one that is wrong is the one that is named, and so that it costs no more than its own layer.
 *
 * @param graphs what was written; a vision encoder must be among them
 * @returns one line a part, in the order of `graphs`, those beyond their limit too; `assertChecked` throws for these
 * @throws InternVLError `ABORTED`, and what loading and running throw
 */
export async function checkConversion(
  folder: CheckedFolder,
  graphs: readonly WrittenGraph[],
  original: OriginalModel,
  inference: InferenceRuntime,
  { signal, progress_callback }: LongCallOptions = {},
): Promise<PartCheck[]> {
  const weights = new Weights(original.tensors, { signal });
  const order: readonly GraphName[] = ["vision_encoder", "embed_tokens", "decoder_model_merged"];
  const sorted = order.flatMap((name) => graphs.filter((graph) => graph.name === name));
  const counts = {
    vision_encoder: visionParts(original),
    embed_tokens: 1,
    decoder_model_merged: decoderParts(original),
  };
  const total = sorted.reduce((sum, { name }) => sum + counts[name], 0);
  const checks: PartCheck[] = [];
  let features: Rows | undefined;

  for (const graph of sorted) {
    throwIfAborted(signal, "Checking the conversion was aborted");
    const report = () =>
      progress_callback?.({ stage: "check", name: graph.path, loaded: checks.length, total, unit: "tensors" });
    report();
    await withGraph(folder, graph, original, inference, signal, async (session) => {
      const parts: Record<GraphName, () => AsyncIterable<Compared>> = {
        vision_encoder: () =>
          compareVision(session, graph.dtype, original, weights, (kept) => {
            features ??= kept;
          }),
        embed_tokens: () => compareEmbeddings(session, graph.dtype, original, weights),
        decoder_model_merged: () => compareDecoder(session, graph.dtype, original, weights, features ?? noFeatures()),
      };
      for await (const compared of parts[graph.name]()) {
        throwIfAborted(signal, "Checking the conversion was aborted");
        checks.push({ graph: graph.name, ...comparePart(compared), dtype: graph.dtype });
        report();
      }
    });
  }
  return checks;
}

function noFeatures(): never {
  throw new InternVLError("INPUT_INVALID", {
    what: "The decoder is checked over a picture, and there is no vision encoder among the graphs",
    fix: "Give all graphs of the conversion.",
  });
}

/** @throws InternVLError `CONVERSION_FAILED` when a part is beyond its limit: the first of them, and how many there are */
export function assertChecked(checks: readonly PartCheck[]): void {
  const failed = checks.filter((check) => !isWithinLimit(check));
  const [first] = failed;
  if (first === undefined) return;
  const { graph, dtype, difference, scale, limit } = first;
  const others = failed.length === 1 ? "" : `; ${failed.length - 1} more of ${checks.length} parts are beyond theirs`;
  throw new InternVLError("CONVERSION_FAILED", {
    what: `The converted ${graph} in ${dtype} does not compute what the checkpoint does: ${partName(first)}`,
    expected: `a difference of at most ${short(limit * scale)} (${limit} of ${short(scale)})`,
    got: `${short(difference)}${others}`,
    fix: "Convert again. If it fails the same way, this is a mistake of the converter or a damaged checkpoint: report it.",
  });
}

/** `"layer 3"`, `"projector"` */
export function partName({ part, layer }: Pick<PartCheck, "part" | "layer">): string {
  return layer === null ? part : `${part} ${layer}`;
}

function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "not a finite number";
}
