import { AbortedError } from "@internvl/core";
import {
  type GenerateTokensArguments,
  type GenerationOptions,
  generateTokens,
  type Streamer,
  TextIteratorStreamer,
} from "@internvl/generation";
import { describe, expect, test } from "vitest";
import { ByteDecoder, byteToken, fixture, ScriptedModel } from "./helpers.js";

const EOS = 7;
const PAD = 1;

/** Runs a model that says `answers` after prompts of two tokens. */
function generate(answers: number[][], options: Partial<GenerateTokensArguments> = {}) {
  const model = new ScriptedModel(answers);
  const result = generateTokens({
    input_ids: answers.map((_, row) => [20 + row, 30]),
    first_logits: model.first_logits,
    model,
    eos_token_id: EOS,
    pad_token_id: PAD,
    ...options,
  });
  return { model, result };
}

class Recorder implements Streamer {
  calls: unknown[] = [];
  put(token_ids: readonly (readonly number[])[]): void {
    this.calls.push(token_ids.map((row) => [...row]));
  }
  end(): void {
    this.calls.push("end");
  }
  fail(error: unknown): void {
    this.calls.push(error);
  }
}

describe("the loop", () => {
  test("freezes rows that have ended at pad_token_id and stops with the last, and the streamer hears every step", async () => {
    const streamer = new Recorder();
    const { model, result } = generate(
      [
        [3, EOS, 9, 9],
        [4, 5, 6, EOS],
      ],
      { streamer },
    );
    expect(await result).toEqual({
      sequences: [
        [20, 30, 3, EOS, PAD, PAD],
        [21, 30, 4, 5, 6, EOS],
      ],
      finish_reasons: ["eos", "eos"],
      generated_tokens: [2, 4],
    });
    expect(model.steps).toEqual([
      [3, 4],
      [EOS, 5],
      [PAD, 6],
    ]);
    expect(streamer.calls).toEqual([
      [
        [20, 30],
        [21, 30],
      ],
      [[3], [4]],
      [[EOS], [5]],
      [[PAD], [6]],
      [[PAD], [EOS]],
      "end",
    ]);
  });

  test("needs no step for one token", async () => {
    const { model, result } = generate([[3, 4]], { max_new_tokens: 1 });
    expect((await result).sequences).toEqual([[20, 30, 3]]);
    expect(model.steps).toEqual([]);
  });

  test.each<[GenerationOptions, number]>([
    [{}, 20],
    [{ max_new_tokens: 4 }, 4],
    [{ max_length: 9 }, 7],
    [{ max_length: 9, max_new_tokens: 3 }, 3],
    [{ max_length: null, max_new_tokens: null, eos_token_id: null }, 20],
  ])("with %j generates %i tokens", async (options, count) => {
    const answer = new Array<number>(40).fill(3);
    const result = await generate([answer], options).result;
    expect(result.generated_tokens).toEqual([count]);
    expect(result.finish_reasons).toEqual(["length"]);
  });

  test("eos_token_id may be several, and without pad_token_id the first of them fills rows up", async () => {
    const { result } = generate(
      [
        [8, 3],
        [3, EOS],
      ],
      { eos_token_id: [EOS, 8], pad_token_id: null },
    );
    expect((await result).sequences).toEqual([
      [20, 30, 8, EOS],
      [21, 30, 3, EOS],
    ]);
  });

  test("puts min_new_tokens before an end token, min_new_tokens before min_length", async () => {
    const { result } = generate([[EOS, EOS, EOS, EOS]], { min_new_tokens: 2, min_length: 4000 });
    // A ruled-out end token leaves the first of the equal others.
    expect((await result).sequences).toEqual([[20, 30, 0, 0, EOS]]);
  });

  test("output_scores and output_logits keep those of every step", async () => {
    const { model, result } = generate([[3, EOS]], { output_scores: true, output_logits: true, repetition_penalty: 2 });
    const { scores, logits } = await result;
    expect(logits!.map((step) => step[3])).toEqual([10, 0]);
    expect(scores!.map((step) => step[EOS])).toEqual([0, 10]);
    expect(scores).toHaveLength(model.steps.length + 1);
  });

  test("max_time stops, after one token at least", async () => {
    const model = new ScriptedModel([[3, 3, 3]]);
    const result = await generateTokens({
      input_ids: [[2]],
      model,
      max_time: 0.001,
      // The limit counts the prompt, as Transformers' does.
      first_logits: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return model.first_logits;
      },
    });
    expect(result).toEqual({ sequences: [[2, 3]], finish_reasons: ["time"], generated_tokens: [1] });
  });

  test("stopping_criteria are asked about unfinished rows, with the whole row", async () => {
    const asked: unknown[] = [];
    const { result } = generate([[3, 4, 5], [EOS]], {
      stopping_criteria: [
        (input_ids, scores, row) => {
          asked.push([[...input_ids], scores.length, row]);
          return input_ids.at(-1) === 4;
        },
      ],
    });
    expect((await result).finish_reasons).toEqual(["criteria", "eos"]);
    const size = fixture.tokens.length;
    expect(asked).toEqual([
      [[20, 30, 3], size, 0],
      [[20, 30, 3, 4], size, 0],
    ]);
  });
});

describe("stop_strings", () => {
  test.each(fixture.stop_strings)("$strings stop where Transformers stops", async ({ strings, ids, stops }) => {
    // From each place on, as if the text before were the prompt: the next stop is the first that Transformers has.
    for (let start = 1; start < ids.length; start++) {
      const answer = ids.slice(start);
      const result = await generate([answer], {
        input_ids: [ids.slice(0, start)],
        eos_token_id: null,
        max_new_tokens: answer.length,
        stop_strings: strings,
        decoder: new ByteDecoder(),
      }).result;
      const stop = stops.find((end) => end >= start);
      expect(result.sequences[0]).toEqual(ids.slice(0, (stop ?? ids.length - 1) + 1));
      expect(result.finish_reasons).toEqual([stop === undefined ? "length" : "stop_string"]);
    }
  });

  test("across characters of several bytes", async () => {
    const answer = [...new TextEncoder().encode("x猫y猫犬z")].map(byteToken);
    const { result } = generate([answer], { stop_strings: "猫犬", decoder: new ByteDecoder() });
    expect((await result).generated_tokens).toEqual([1 + 3 + 1 + 6]);
  });

  test("that take a space before them away", async () => {
    const answer = [..."a .b"].map((character) => byteToken(character.charCodeAt(0)));
    const bytes = new ByteDecoder();
    const decoder = { decode: (ids: readonly number[]) => bytes.decode(ids).replaceAll(" .", ".") };
    const { result } = generate([answer], { stop_strings: ".", decoder });
    expect((await result).generated_tokens).toEqual([3]);
  });
});

describe("errors", () => {
  test.each([
    ["streamer", { streamer: { put: fail, end() {} } }],
    ["end of a streamer", { streamer: { put() {}, end: fail } }],
    ["logits_processor", { logits_processor: [fail] }],
    ["stopping_criteria member", { stopping_criteria: [fail] }],
    ["prefill", { first_logits: fail }],
    ["model", { model: { vocab_size: fixture.tokens.length, step: fail } }],
  ])("of a %s reach the caller unchanged", async (_name, options) => {
    await expect(generate([[3, EOS]], options).result).rejects.toBe(failure);
  });

  test("reach a text iterator, from before the first token too", async () => {
    for (const options of [{ logits_processor: [fail] }, { first_logits: fail }]) {
      const streamer = new TextIteratorStreamer(new ByteDecoder(), { skip_prompt: true });
      const { result } = generate([[3, EOS]], { ...options, streamer });
      await Promise.all([expect(result).rejects.toBe(failure), expect(streamer.next()).rejects.toBe(failure)]);
    }
    const streamer = new TextIteratorStreamer(new ByteDecoder());
    const { result } = generate([[3]], { streamer, top_p: 2 });
    const refused = expect.objectContaining({ code: "INPUT_INVALID" });
    await Promise.all([expect(result).rejects.toEqual(refused), expect(streamer.next()).rejects.toEqual(refused)]);
  });

  test("of a decoder too, though a failing streamer is told to forget its text", async () => {
    const streamer = new TextIteratorStreamer({ decode: fail });
    await Promise.all([
      expect(generate([[3]], { streamer }).result).rejects.toBe(failure),
      expect(streamer.next()).rejects.toBe(failure),
    ]);
  });

  const failure = new Error("mine");
  function fail(): never {
    throw failure;
  }
});

describe("abort by signal", () => {
  test("between two tokens, with the rows so far and the end of the stream", async () => {
    const controller = new AbortController();
    const streamer = new Recorder();
    const { model, result } = generate([[3, 4, 5, 6, EOS]], {
      signal: controller.signal,
      streamer: {
        put(ids) {
          streamer.put(ids);
          if (ids[0]![0] === 4) controller.abort("enough");
        },
        end: () => streamer.end(),
        fail: (error) => streamer.fail(error),
      },
    });
    const error = await result.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(AbortedError);
    expect(error).toMatchObject({ name: "AbortError", cause: "enough", partial: { sequences: [[20, 30, 3, 4]] } });
    expect(streamer.calls).toEqual([[[20, 30]], [[3]], [[4]], "end"]);
    expect(model.steps).toEqual([[3]]);
  });

  test("from a timer, while the model never waits", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 5);
    const { result } = generate([new Array<number>(1_000_000).fill(3)], {
      signal: controller.signal,
      eos_token_id: null,
      max_new_tokens: 1_000_000,
    });
    await expect(result).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("before the start, and from within the model's step", async () => {
    const early = generate([[3]], { signal: AbortSignal.abort() });
    await expect(early.result).rejects.toMatchObject({ partial: { sequences: [[20, 30]] } });

    const controller = new AbortController();
    const { result } = generate([[3, EOS]], {
      signal: controller.signal,
      model: {
        vocab_size: fixture.tokens.length,
        step: () => {
          controller.abort();
          throw new AbortedError("the session stopped");
        },
      },
    });
    await expect(result).rejects.toMatchObject({ code: "ABORTED", partial: { sequences: [[20, 30, 3]] } });
  });
});

describe("the model's logits", () => {
  const table = Float32Array.from([0.5, 3, 2.9, 1]);
  const twice = Float32Array.from([...table, ...table]);
  /** A model that gives the same array for every step, of one row or two. */
  const answerOf = async (options: GenerationOptions) => {
    const logits = twice.slice();
    const of = (rows: number) => logits.subarray(0, rows * 4);
    const step = async (tokens: readonly number[]) => of(tokens.length);
    const model = { vocab_size: 4, step, reorder: () => {} };
    const result = await generateTokens({
      input_ids: [[0]],
      first_logits: async () => of(1),
      model,
      max_new_tokens: 3,
      eos_token_id: null,
      ...options,
    });
    return { logits, result };
  };

  test.each<GenerationOptions>([
    {},
    { output_scores: true, output_logits: true },
    { repetition_penalty: 2 },
    { repetition_penalty: 2, output_scores: true },
    { num_beams: 2 },
    { do_sample: true, temperature: 0.5, top_k: 2, seed: 1 },
  ])("are not written into, with %o", async (options) => {
    const { logits } = await answerOf(options);
    expect(logits).toEqual(twice);
  });

  test("and the scores that are kept are of each step", async () => {
    const { result } = await answerOf({ repetition_penalty: 2, output_scores: true, output_logits: true });
    expect(result.sequences).toEqual([[0, 1, 2, 1]]);
    expect(result.logits).toEqual([table, table, table]);
    const penalised = (...seen: number[]) => table.map((score, id) => (seen.includes(id) ? score / 2 : score));
    expect(result.scores).toEqual([penalised(0), penalised(0, 1), penalised(0, 1, 2)]);
    const plain = (await answerOf({ output_scores: true })).result;
    expect(plain.sequences).toEqual([[0, 1, 1, 1]]);
    expect(plain.scores).toEqual([table, table, table]);
  });
});
