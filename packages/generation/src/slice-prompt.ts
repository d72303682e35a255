import { InternVLError } from "@internvl/core";

/**
 * The new tokens of each row: `sequences` without the prompts that they start with.
 *
 * @param sequences `[rows][length]`, as `generate` returns them
 * @param input_ids `[rows][prompt length]`, as they were passed to it
 * @throws InternVLError `INPUT_INVALID` when a sequence does not start with its prompt
 */
export function slice_prompt(
  sequences: readonly (readonly number[])[],
  input_ids: readonly (readonly number[])[],
): number[][] {
  if (sequences.length !== input_ids.length) {
    throw new InternVLError("INPUT_INVALID", {
      what: "The sequences are not those of these prompts",
      expected: `${input_ids.length} rows`,
      got: String(sequences.length),
    });
  }
  return sequences.map((sequence, row) => {
    const prompt = input_ids[row]!;
    const differs = prompt.findIndex((id, position) => sequence[position] !== id);
    if (differs !== -1) {
      throw new InternVLError("INPUT_INVALID", {
        what: `Row ${row} of the sequences does not start with its prompt`,
        expected: `token ${prompt[differs]} at position ${differs}`,
        got: String(sequence[differs]),
        fix: "Pass the input_ids that the sequences were generated from.",
      });
    }
    return sequence.slice(prompt.length);
  });
}
