import { argmax, generateTokens, randomStreams, Sampler } from "@internvl/generation";
import { describe, expect, test } from "vitest";
import { expNonPositive } from "../src/sampling/exp.js";
import { jump, nextWord } from "../src/sampling/random.js";

describe("xoshiro128**", () => {
  // What the authors' C code prints for the state 1, 2, 3, 4.
  test("gives the published generator's words", () => {
    const state = Uint32Array.of(1, 2, 3, 4);
    expect(Array.from({ length: 8 }, () => nextWord(state))).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849,
    ]);
  });

  test("jumps where the published generator jumps", () => {
    const state = Uint32Array.of(1, 2, 3, 4);
    jump(state);
    expect(Array.from({ length: 8 }, () => nextWord(state))).toEqual([
      1194304935, 745561276, 25819468, 3320478005, 3046317961, 3130903476, 2327035934, 1140626159,
    ]);
  });

  test("gives each row its stream", () => {
    const streams = randomStreams(42, 3);
    expect(streams.map((random) => [random(), random(), random(), random()])).toEqual([
      [0.15377165265745885, 0.018084542542176507, 0.53489062846834756, 0.72724769592579508],
      [0.24418164907476725, 0.58566796305075464, 0.2182866620160947, 0.92892830578843255],
      [0.7656462960667445, 0.89888907602954982, 0.25703687756609384, 0.79267119644299533],
    ]);
  });
});

test("exp is within one unit in the last place of the engine's", () => {
  const random = randomStreams(7, 1)[0]!;
  for (let i = 0; i < 20_000; i++) {
    const x = -700 * random() ** 3;
    expect(Math.abs(expNonPositive(x) / Math.exp(x) - 1)).toBeLessThan(3e-16);
  }
  expect(expNonPositive(0)).toBe(1);
  expect(expNonPositive(Number.NEGATIVE_INFINITY)).toBe(0);
});

describe("argmax", () => {
  test("takes the first of equals", () => expect(argmax(Float32Array.of(1, 3, 3, 2))).toBe(1));
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 13])(
    "finds the highest of %i wherever it stands, and what is no number",
    (length) => {
      for (let at = 0; at < length; at++) {
        for (const others of [-1, Number.NEGATIVE_INFINITY]) {
          const scores = new Float32Array(length).fill(others);
          scores[at] = 0;
          expect(argmax(scores)).toBe(at);
          scores.fill(0, at);
          expect(argmax(scores)).toBe(at);
          for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
            for (const place of [0, at, length - 1]) {
              expect(() => argmax(scores.with(place, bad))).toThrowError(
                expect.objectContaining({ code: "RUNTIME_FAILED" }),
              );
            }
          }
        }
      }
    },
  );
  test("refuses a vocabulary that is ruled out", () => {
    expect(() => argmax(new Float32Array(7).fill(Number.NEGATIVE_INFINITY))).toThrowError(
      expect.objectContaining({ code: "INPUT_INVALID" }),
    );
  });
});

describe("a draw", () => {
  // Probabilities 1/8, 0, 1/2, 1/8, 1/4.
  const scores = Float32Array.of(-2, Number.NEGATIVE_INFINITY, 0, -2, -1).map((power) => power * Math.LN2);

  test.each([
    [0, 0],
    [0.1249, 0],
    [0.1251, 2],
    [0.6249, 2],
    [0.6251, 3],
    [0.7499, 3],
    [0.7501, 4],
    [1 - 2 ** -53, 4],
  ])("at %d of the cumulative distribution is token %i", (random, token) => {
    expect(new Sampler(5).draw(scores, () => random)).toBe(token);
  });

  test("follows the probabilities", () => {
    const sampler = new Sampler(5);
    const random = randomStreams(1, 1)[0]!;
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 80_000; i++) counts[sampler.draw(scores, random)]!++;
    // The standard deviation of the largest count is 141.
    for (const [id, expected] of [10_000, 0, 40_000, 10_000, 20_000].entries()) {
      expect(Math.abs(counts[id]! - expected)).toBeLessThanOrEqual(500);
    }
    expect(counts[1]).toBe(0);
  });
});

describe("a sampled generation", () => {
  const vocab_size = 97;
  /** Logits that depend on the last token alone. */
  function logitsAfter(tokens: readonly number[]): Float32Array {
    return Float32Array.from(
      tokens.flatMap((last) =>
        Array.from({ length: vocab_size }, (_, id) => Math.fround(((id * 31 + last * 17) % 53) / 10)),
      ),
    );
  }
  function sample(prompts: number[], options: { seed?: number; eos_token_id?: number } = {}) {
    return generateTokens({
      input_ids: prompts.map((id) => [id]),
      first_logits: logitsAfter(prompts),
      model: { vocab_size, step: async (tokens) => logitsAfter(tokens) },
      do_sample: true,
      temperature: 0.9,
      top_k: 40,
      top_p: 0.95,
      max_new_tokens: 24,
      ...options,
    });
  }

  test("with a seed is what it was when this was written", async () => {
    const { sequences, seed } = await sample([3], { seed: 1234 });
    expect(seed).toBe(1234);
    expect(sequences).toEqual([STORED]);
  });

  test("does not depend on the rows beside, nor on when they end", async () => {
    const alone = await sample([3], { seed: 99 });
    const together = await sample([3, 5, 8], { seed: 99 });
    expect(together.sequences[0]).toEqual(alone.sequences[0]);
    const ending = await sample([3, 5, 8], { seed: 99, eos_token_id: together.sequences[1]![2] });
    const ended = ending.generated_tokens[2]!;
    expect(ending.generated_tokens[1]).toBeLessThan(ended);
    expect(ending.sequences[2]!.slice(0, ended)).toEqual(together.sequences[2]!.slice(0, ended));
  });

  test("without a seed reports the one that repeats it", async () => {
    const first = await sample([3, 5]);
    expect(await sample([3, 5], { seed: first.seed! })).toEqual(first);
  });
});

/** Of the seed 1234: changes when the generator, the streams or the order of a draw change, which breaks users' seeds. */
const STORED: number[] = [
  3, 29, 8, 2, 62, 60, 44, 10, 71, 19, 37, 48, 23, 83, 69, 32, 20, 45, 88, 44, 32, 6, 70, 35, 32,
];
