import { syntheticInternLM2Tokenizer } from "./internlm2-tokenizer.js";
import type { SyntheticTokenizer } from "./made-up.js";
import { syntheticQwen2Tokenizer } from "./qwen2-tokenizer.js";
import type { Shape } from "./shape.js";

/** The made-up tokenizer of a shape, in the form that its language model has. */
export function syntheticTokenizer({ language, vocabulary }: Shape): SyntheticTokenizer {
  return language === "qwen2" ? syntheticQwen2Tokenizer(vocabulary) : syntheticInternLM2Tokenizer(vocabulary);
}
