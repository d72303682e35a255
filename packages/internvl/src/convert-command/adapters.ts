import type { AdapterInput } from "@internvl/convert";
import { InternVLError } from "@internvl/core";
import { nodeFiles } from "@internvl/runtime-node";

/** An adapter as it is named on the command line. */
export interface AdapterOption {
  /** A folder or a hub id. */
  model: string;
  weight: number;
}

/**
 * One more `--adapter`: `FOLDER_OR_ID`, or `FOLDER_OR_ID=WEIGHT`.
 *
 * @throws InternVLError `INPUT_INVALID` for a weight that is no number
 */
export function collectAdapter(text: string, before: readonly AdapterOption[]): AdapterOption[] {
  const at = text.lastIndexOf("=");
  if (at === -1) return [...before, { model: text, weight: 1 }];
  const [model, number] = [text.slice(0, at), text.slice(at + 1)];
  const weight = number.trim() === "" ? Number.NaN : Number(number);
  if (Number.isFinite(weight)) return [...before, { model, weight }];
  throw new InternVLError("INPUT_INVALID", {
    what: `The weight of the adapter ${model} is no number`,
    expected: "--adapter FOLDER or --adapter FOLDER=WEIGHT, with a weight like 0.8",
    got: JSON.stringify(number),
  });
}

/** @throws InternVLError `FILE_NOT_FOUND`, and for ids what a download throws */
export async function openAdapters(
  adapters: readonly AdapterOption[],
  options: { signal?: AbortSignal } = {},
): Promise<AdapterInput[]> {
  return Promise.all(
    adapters.map(async ({ model, weight }) => ({ files: await nodeFiles.open(model, options), weight })),
  );
}
