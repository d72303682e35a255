import { InternVLError, throwIfAborted } from "@internvl/core";
import { type Generation, repeatEach } from "./generation.js";

/**
 * Reads each prompt once, and makes as many rows of it as the generation needs.
 *
 * @returns the logits after the prompts, float32 `[rows, vocab_size]`
 */
export async function readPrompts({ args, rowsPerPrompt, sequences }: Generation): Promise<Float32Array> {
  const { first_logits, input_ids, model, signal, streamer } = args;
  throwIfAborted(signal);
  streamer?.put(sequences.map((row) => [...row]));
  const logits = typeof first_logits === "function" ? await first_logits({ signal }) : first_logits;
  assertLogits(logits, input_ids.length * model.vocab_size);
  if (rowsPerPrompt === 1) return logits;
  const prompts = repeatEach([...input_ids.keys()], rowsPerPrompt);
  model.reorder!(prompts);
  const repeated = new Float32Array(logits.length * rowsPerPrompt);
  for (const [row, prompt] of prompts.entries()) {
    const start = prompt * model.vocab_size;
    repeated.set(logits.subarray(start, start + model.vocab_size), row * model.vocab_size);
  }
  return repeated;
}

/** @throws InternVLError `RUNTIME_FAILED` */
export function assertLogits(logits: Float32Array, length: number): void {
  if (logits.length === length) return;
  throw new InternVLError("RUNTIME_FAILED", {
    what: "The model returned logits of another size than it should",
    expected: `rows x vocab_size = ${length} values`,
    got: String(logits.length),
  });
}
