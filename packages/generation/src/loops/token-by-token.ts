import { throwIfAborted } from "@internvl/core";
import type { GenerateTokensResult } from "../types.js";
import { yieldToEventLoop } from "../yield.js";
import type { Generation } from "./generation.js";
import { GrowingRows } from "./growing-rows.js";
import { readPrompts } from "./read-prompts.js";

/** Greedy decoding, and sampling: Transformers' `_sample`. */
export async function tokenByToken(generation: Generation): Promise<GenerateTokensResult> {
  const { model, signal } = generation.args;
  const rows = new GrowingRows(generation);
  let logits = await readPrompts(generation);
  for (;;) {
    throwIfAborted(signal);
    const tokens = rows.advance(logits);
    if (rows.finished) return rows.result();
    await yieldToEventLoop();
    throwIfAborted(signal);
    logits = await model.step(tokens, { signal });
  }
}
