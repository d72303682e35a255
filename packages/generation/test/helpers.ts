import type { StepModel, TokenDecoder } from "@internvl/generation";
import tokens from "./fixtures/tokens.json";

export const fixture = tokens;

/** A byte-level decoder over the fixture's vocabulary that counts how many ids it is asked for. */
export class ByteDecoder implements TokenDecoder {
  decoded = 0;

  decode(ids: readonly number[], options: { skip_special_tokens?: boolean } = {}): string {
    this.decoded += ids.length;
    const bytes = ids.flatMap((id) => {
      const token = tokens.tokens[id]!;
      if (typeof token !== "string") {
        return options.skip_special_tokens ? [] : [...new TextEncoder().encode(token.special)];
      }
      return (token.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
    });
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array(bytes));
  }
}

/** The id of the token that is this one byte. */
export function byteToken(byte: number): number {
  return tokens.tokens.indexOf(byte.toString(16).padStart(2, "0"));
}

export const IM_END: number = tokens.tokens.findIndex(
  (token) => typeof token !== "string" && token.special === "<|im_end|>",
);

/** A model that says given tokens, one list a row, and counts its steps. The first comes from `first_logits`. */
export class ScriptedModel implements StepModel {
  steps: number[][] = [];
  readonly vocab_size: number;
  readonly #answers: readonly (readonly number[])[];
  readonly #logits: Float32Array;

  constructor(answers: readonly (readonly number[])[], vocab_size: number = tokens.tokens.length) {
    this.vocab_size = vocab_size;
    this.#answers = answers;
    this.#logits = new Float32Array(answers.length * vocab_size);
  }

  get first_logits(): Float32Array {
    return this.#logitsAt(0);
  }

  async step(tokens: readonly number[]): Promise<Float32Array> {
    this.steps.push([...tokens]);
    return this.#logitsAt(this.steps.length);
  }

  #logitsAt(position: number): Float32Array {
    this.#logits.fill(0);
    for (const [row, answer] of this.#answers.entries()) {
      this.#logits[row * this.vocab_size + (answer[position] ?? 0)] = 10;
    }
    return this.#logits;
  }
}

/** A model that is a table of logits by the last token, with the rows and the past that a real one would keep. */
export class MarkovModel implements StepModel {
  readonly vocab_size: number;
  /** What each row has read. */
  read_tokens: number[][];
  steps = 0;
  readonly #table: readonly (readonly number[])[];

  constructor(table: readonly (readonly number[])[], prompts: readonly (readonly number[])[]) {
    this.#table = table;
    this.vocab_size = table.length;
    this.read_tokens = prompts.map((prompt) => [...prompt]);
  }

  get first_logits(): Float32Array {
    return this.#logits(this.read_tokens.map((row) => row.at(-1)!));
  }

  async step(tokens: readonly number[]): Promise<Float32Array> {
    this.steps++;
    for (const [row, token] of tokens.entries()) this.read_tokens[row]!.push(token);
    return this.#logits(tokens);
  }

  reorder(rows: readonly number[]): void {
    this.read_tokens = rows.map((row) => [...this.read_tokens[row]!]);
  }

  async read(tokens: readonly (readonly number[])[]): Promise<Float32Array> {
    this.steps++;
    for (const [row, ids] of tokens.entries()) this.read_tokens[row]!.push(...ids);
    return this.#logits(tokens.flat());
  }

  forget(count: number): void {
    for (const row of this.read_tokens) row.splice(row.length - count, count);
  }

  #logits(tokens: readonly number[]): Float32Array {
    return Float32Array.from(tokens.flatMap((token) => this.#table[token]!));
  }
}
