import { DTYPES, type GraphDtypes } from "@internvl/config";
import { InternVLError, type LongCallOptions, type Tensor, throwIfAborted } from "@internvl/core";
import { type ForwardOutput, InternVL2_5ForConditionalGeneration } from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import { nodeRuntime } from "@internvl/runtime-node";
import { checkPicture } from "./check-picture.js";
import { describeDtypes } from "./dtypes.js";

/** What became of one set of dtypes. The last three are null for the set that others are compared with. */
export interface VariantCheck {
  dtype: GraphDtypes;
  /** Cosine between the picture's features. */
  featureCosine: number | null;
  /** Cosine between the logits of the prompt's last positions. */
  logitCosine: number | null;
  /** How many of these positions have the same likeliest token, 0 to 1. */
  greedyAgreement: number | null;
}

const PROMPT = "Describe this picture in one short sentence: what is in it, and which colours does it have?";
/** Positions of the prompt whose logits are compared: its end, all of it text. */
const POSITIONS = 16;

/**
 * Loads every set of graphs and lets it read a picture and a prompt. The original conversion script compares with the
 * original model, which needs Python; here the most exact set stands in for it.
 *
 * @throws InternVLError `CONVERSION_FAILED` for outputs that are not finite, and what loading and running throw
 */
export async function checkConversion(
  directory: string,
  sets: readonly GraphDtypes[],
  options: LongCallOptions = {},
): Promise<VariantCheck[]> {
  const runtime = nodeRuntime;
  const { signal } = options;
  const ordered = [...sets].sort((a, b) => roughness(a) - roughness(b));
  const processor = await InternVL2_5Processor.from_pretrained(directory, { runtime, signal });
  const image = checkPicture(processor.image_processor.size.height);
  const content = [{ type: "image" }, { type: "text", text: PROMPT }];
  const text = processor.apply_chat_template([{ role: "user", content }], { add_generation_prompt: true });
  const inputs = await processor({ text: [text], images: [image], signal });

  const checks: VariantCheck[] = [];
  let reference: ForwardOutput | undefined;
  for (const [index, dtype] of ordered.entries()) {
    throwIfAborted(signal, "Checking the conversion was aborted");
    const name = describeDtypes(dtype);
    options.progress_callback?.({ stage: "check", name, loaded: index, total: ordered.length, unit: "files" });
    const model = await InternVL2_5ForConditionalGeneration.from_pretrained(directory, { dtype, runtime, signal });
    try {
      const output = await model.forward({ ...inputs, logits_to_keep: POSITIONS, signal });
      output.past_key_values?.dispose();
      assertFinite(output.image_hidden_states!, "image features", name);
      assertFinite(output.logits, "logits", name);
      checks.push({ dtype, ...compare(output, reference) });
      reference ??= output;
    } finally {
      await model.dispose();
    }
  }
  return checks;
}

/** Distance from fp32 over all graphs, in steps of `DTYPES`, which lists the most exact first. */
function roughness(set: GraphDtypes): number {
  return Object.values(set).reduce((sum, dtype) => sum + DTYPES.indexOf(dtype), 0);
}

function compare(output: ForwardOutput, reference: ForwardOutput | undefined): Omit<VariantCheck, "dtype"> {
  if (reference === undefined) return { featureCosine: null, logitCosine: null, greedyAgreement: null };
  const likeliest = likeliestTokens(output.logits);
  const expected = likeliestTokens(reference.logits);
  return {
    featureCosine: cosine(output.image_hidden_states!, reference.image_hidden_states!),
    logitCosine: cosine(output.logits, reference.logits),
    greedyAgreement: likeliest.filter((token, position) => token === expected[position]).length / expected.length,
  };
}

function assertFinite(tensor: Tensor, what: string, dtype: string): void {
  const data = tensor.data as Float32Array;
  const place = data.findIndex((value) => !Number.isFinite(value));
  if (place === -1) return;
  throw new InternVLError("CONVERSION_FAILED", {
    what: `The converted model (${dtype}) does not compute: its ${what} are not finite`,
    expected: "numbers for the check's picture and prompt",
    got: `${data[place]} at index ${place} of ${data.length}`,
    fix: "The checkpoint may be damaged. Try --dtype fp32; if that passes, the weights are too large for the dtype.",
  });
}

function cosine(a: Tensor, b: Tensor): number {
  const [x, y] = [a.data as Float32Array, b.data as Float32Array];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += x[i]! * y[i]!;
    xx += x[i]! ** 2;
    yy += y[i]! ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

/** float32 `[1, positions, vocabulary]` -> one token a position. */
function likeliestTokens({ data, dims }: Tensor): number[] {
  const [, positions, vocabulary] = dims as [number, number, number];
  const logits = data as Float32Array;
  return Array.from({ length: positions }, (_, position) => {
    const row = logits.subarray(position * vocabulary, (position + 1) * vocabulary);
    return row.indexOf(row.reduce((best, value) => Math.max(best, value), Number.NEGATIVE_INFINITY));
  });
}
