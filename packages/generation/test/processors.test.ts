import {
  type GenerationOptions,
  generateTokens,
  type LogitsProcessor,
  minLength,
  minP,
  noRepeatNgram,
  processLogits,
  removeInvalidValues,
  repetitionPenalty,
  temperature,
  topK,
  topP,
} from "@internvl/generation";
import { describe, expect, test } from "vitest";
import fixture from "./fixtures/transformers.json";

const [rows, vocab_size] = fixture.shape as [number, number];

function table(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);
}

function logitsNamed(name: string): Float32Array {
  return table(fixture.logits[name as keyof typeof fixture.logits]);
}

function rowOf(values: Float32Array, row: number): Float32Array {
  return values.subarray(row * vocab_size, (row + 1) * vocab_size);
}

/** Bit by bit: `toEqual` would take any NaN for another and says little about 40 numbers. */
function expectSame(actual: Float32Array, expected: Float32Array): void {
  expect([...new Uint32Array(actual.slice().buffer)]).toEqual([...new Uint32Array(expected.slice().buffer)]);
}

type Arguments = (typeof fixture.processors)[number]["arguments"];

const factories: Record<string, (args: Arguments) => LogitsProcessor> = {
  repetitionPenalty: ([value, mask]) => repetitionPenalty(value as number, mask ? fixture.attention_mask : undefined),
  noRepeatNgram: ([size]) => noRepeatNgram(size as number),
  minLength: ([length, ids]) => minLength(length as number, ids as number[]),
  temperature: ([value]) => temperature(value as number),
  topK: ([k]) => topK(k as number),
  topP: ([p]) => topP(p as number),
  minP: ([p]) => minP(p as number),
};

describe("each processor gives the bits that Transformers gives", () => {
  test.each(fixture.processors)("$name $arguments on $logits", ({ name, arguments: args, logits, expected }) => {
    const processor = factories[name]!(args);
    const actual = logitsNamed(logits);
    for (let row = 0; row < rows; row++) processor(fixture.input_ids[row]!, rowOf(actual, row), row);
    expectSame(actual, table(expected));
  });
});

describe("all together, the caller's own logits_processor among them, in Transformers' order", () => {
  const custom: LogitsProcessor = (_input_ids, scores) => {
    for (const [id, score] of scores.entries()) scores[id] = score < 1 ? score * 1.5 : score - 1;
  };

  // Not `test.each`, which shortens names: the options have to stand there for `tooling/scripts/options-table.mjs`.
  for (const { options, logits, expected } of fixture.chains) {
    test(`${JSON.stringify(options)} on ${logits}`, async () => {
      const first_logits = logitsNamed(logits);
      const before = first_logits.slice();
      const { scores } = await generateTokens({
        ...options,
        input_ids: fixture.input_ids,
        attention_mask: fixture.attention_mask,
        max_new_tokens: 40,
        eos_token_id: fixture.eos_token_id,
        logits_processor: [custom],
        stopping_criteria: [() => true],
        first_logits,
        model: { vocab_size, step: () => Promise.reject(new Error("one token is enough")) },
        output_scores: true,
        seed: 1,
      });
      expect(scores).toHaveLength(1);
      expectSame(scores![0]!, table(expected));
      expectSame(first_logits, before);
    });
  }
});

describe("each option gives the scores that Transformers gives", () => {
  /** As `make.py` describes the function by data. */
  const allowedTokens = ({ count, modulus }: { count: number; modulus: number }) => {
    return (batch_id: number, ids: readonly number[]) =>
      Array.from({ length: count }, (_, step) => (batch_id + ids.at(-1)! + 3 * step) % modulus);
  };

  // Not `test.each`, which shortens names: the options have to stand there for `tooling/scripts/options-table.mjs`.
  for (const { options, logits, expected } of fixture.options) {
    test(`${JSON.stringify(options)} on ${logits}`, () => {
      const { prefix_allowed_tokens_fn: prefix, ...rest } = options as unknown as Omit<
        GenerationOptions,
        "prefix_allowed_tokens_fn"
      > & {
        prefix_allowed_tokens_fn?: { count: number; modulus: number };
      };
      const scores = processLogits({
        eos_token_id: fixture.eos_token_id,
        ...rest,
        ...(prefix && { prefix_allowed_tokens_fn: allowedTokens(prefix) }),
        input_ids: fixture.input_ids,
        attention_mask: fixture.attention_mask,
        scores: logitsNamed(logits),
        vocab_size,
      });
      const wanted = table(expected);
      for (const [index, value] of scores.entries()) {
        // What is ruled out is the same everywhere; logarithms differ in float32's last bits.
        if (!Number.isFinite(wanted[index])) expect(value).toBe(wanted[index]);
        else expect(Math.abs(value - wanted[index]!)).toBeLessThan(1e-6 * Math.max(1, Math.abs(wanted[index]!)));
      }
    });
  }
});

test("remove_invalid_values replaces NaN and infinite scores", () => {
  const scores = Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  removeInvalidValues()([], scores, 0);
  expect([...scores]).toEqual([1, 0, 3.4028234663852886e38, -3.4028234663852886e38]);
});

test("top_h and eta_cutoff see no entropy among the scores that remove_invalid_values makes, as in Transformers", () => {
  const scores = Float32Array.of(Number.POSITIVE_INFINITY, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5);
  const process = (options: GenerationOptions) =>
    processLogits({
      ...options,
      input_ids: [[1]],
      scores,
      vocab_size: 5,
      do_sample: true,
      remove_invalid_values: true,
    });
  const largest = 3.4028234663852886e38;
  const out = Number.NEGATIVE_INFINITY;
  expect([...process({ top_h: 0.5 })]).toEqual([largest, out, out, out, out]);
  expect([...process({ eta_cutoff: 0.3, top_k: 0 })]).toEqual([largest, out, largest, out, out]);
});

test("top_h of a distribution that is all but certain keeps what the entropy in float64 says", () => {
  // float32 has 2e-6 for the last place of the highest score, and the whole entropy is 3e-5.
  const scores = Float32Array.from({ length: 60 }, (_, id) => (id === 0 ? 23.44276 : 8.83 - 0.12 * id));
  const weights = [...scores].map((score) => Math.exp(score - scores[0]!));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => (-weight / total) * Math.log(weight / total));
  const entropy = shares.reduce((sum, share) => sum + share, 0);
  let expected = 0;
  for (let sum = shares[0]!; sum <= 0.9 * entropy; sum += shares[expected]!) expected++;
  const kept = processLogits({ top_h: 0.9, do_sample: true, top_k: 0, input_ids: [[1]], scores, vocab_size: 60 });
  expect(kept.filter((score) => score > Number.NEGATIVE_INFINITY)).toHaveLength(expected);
});

test("min_p with beams spares by probability, which is 0 for all but the likeliest here: the first then", () => {
  const scores = Float32Array.of(-800, 1000, -900, -700);
  minP(0.5, 3)([], scores, 0);
  expect([...scores]).toEqual([-800, 1000, -900, Number.NEGATIVE_INFINITY]);
});

test("top_k and top_p with a real vocabulary keep what a full sort keeps", () => {
  const size = 151_674;
  const scores = Float32Array.from({ length: size }, (_, id) => Math.sin(id * 12.9898) * 9 + Math.cos(id * 78.233) * 3);
  const descending = scores.slice().sort().reverse();

  const kept = scores.slice();
  topK(1000)([], kept, 0);
  expect([...kept]).toEqual([...scores].map((score) => (score >= descending[999]! ? score : Number.NEGATIVE_INFINITY)));

  const weights = [...descending].map((score) => Math.exp(score - descending[0]!));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let needed = 0;
  for (let sum = 0; sum < 0.9 * total; needed++) sum += weights[needed]!;
  const nucleus = scores.slice();
  topP(0.9)([], nucleus, 0);
  expect(nucleus.filter((score) => score !== Number.NEGATIVE_INFINITY).length).toBe(needed);
  expect(Math.min(...nucleus.filter((score) => score !== Number.NEGATIVE_INFINITY))).toBe(descending[needed - 1]);
});
