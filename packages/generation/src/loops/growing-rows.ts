import { runProcessors } from "../logits/processor.js";
import { argmax, Sampler } from "../sampling/select.js";
import type { FinishReason } from "../stopping/criteria.js";
import { type TokenDetail, tokenDetail } from "../streamers/token-detail.js";
import type { GenerateTokensResult } from "../types.js";
import type { Generation } from "./generation.js";
import { StepScores } from "./step-scores.js";

/** Rows that grow by one token a step, each until it ends; rows that have ended are filled up. */
export class GrowingRows {
  readonly #generation: Generation;
  readonly #scores: StepScores;
  readonly #sampler: Sampler | undefined;
  readonly #reasons: (FinishReason | undefined)[];
  readonly #generated: number[];

  constructor(generation: Generation) {
    const { args, options, processors, sequences, streams } = generation;
    this.#generation = generation;
    this.#scores = new StepScores(sequences.length, args.model.vocab_size, options, processors.length > 0);
    this.#sampler = streams && new Sampler(args.model.vocab_size);
    this.#reasons = sequences.map(() => undefined);
    this.#generated = sequences.map(() => 0);
  }

  get finished(): boolean {
    return this.#reasons.every((reason) => reason !== undefined);
  }

  /**
   * Chooses each row's next token and tells the streamer.
   *
   * @param logits float32 `[rows, vocab_size]`
   * @returns one token a row
   */
  advance(logits: Float32Array): number[] {
    const { args, pad_token_id, processors, sequences } = this.#generation;
    const scores = this.#scores.take(logits);
    const running = [...sequences.keys()].filter((row) => this.#reasons[row] === undefined);
    runProcessors(
      processors,
      running.map((row) => ({ input_ids: sequences[row]!, scores: scores[row]!, row })),
    );
    const tokens = sequences.map(() => pad_token_id);
    for (const row of running) tokens[row] = this.#choose(scores[row]!, row);
    for (const [row, sequence] of sequences.entries()) sequence.push(tokens[row]!);
    for (const row of running) {
      this.#generated[row]!++;
      this.#reasons[row] = this.#generation.stopCheck(sequences[row]!, scores[row]!, row);
    }
    args.streamer?.put(
      tokens.map((token) => [token]),
      this.#details(logits, tokens, new Set(running)),
    );
    return tokens;
  }

  /** Once all have ended. */
  result(): GenerateTokensResult {
    const { seed, sequences } = this.#generation;
    return {
      sequences,
      finish_reasons: this.#reasons as FinishReason[],
      generated_tokens: this.#generated,
      ...(seed !== undefined && { seed }),
      ...this.#scores.kept(),
    };
  }

  #choose(scores: Float32Array, row: number): number {
    const place = { step: this.#generated[row]!, row };
    return this.#sampler === undefined
      ? argmax(scores, place)
      : this.#sampler.draw(scores, this.#generation.streams![row]!, place);
  }

  #details(
    logits: Float32Array,
    tokens: readonly number[],
    running: ReadonlySet<number>,
  ): (TokenDetail | undefined)[] | undefined {
    const { model, streamer } = this.#generation.args;
    const alternatives = streamer?.top_logprobs;
    if (alternatives === undefined) return undefined;
    return tokens.map((token, row) => {
      if (!running.has(row)) return undefined;
      const own = logits.subarray(row * model.vocab_size, (row + 1) * model.vocab_size);
      return { ...tokenDetail(own, token, alternatives), finish_reason: this.#reasons[row] };
    });
  }
}
