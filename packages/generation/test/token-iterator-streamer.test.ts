import { generateTokens, type TokenEvent, TokenIteratorStreamer } from "@internvl/generation";
import { describe, expect, test } from "vitest";
import { ByteDecoder, byteToken, fixture, IM_END, ScriptedModel } from "./helpers.js";

const decoder = new ByteDecoder();
const bytes = (text: string) => [...new TextEncoder().encode(text)].map(byteToken);

function start(answers: number[][], options: { top_logprobs?: number; skip_special_tokens?: boolean } = {}) {
  const streamer = new TokenIteratorStreamer(decoder, options);
  const model = new ScriptedModel(answers);
  const generation = generateTokens({
    input_ids: answers.map(() => bytes("?")),
    model,
    first_logits: model.first_logits,
    eos_token_id: IM_END,
    max_new_tokens: 8,
    streamer,
  });
  return { streamer, generation };
}

async function eventsOf(streamer: TokenIteratorStreamer): Promise<TokenEvent[]> {
  const events: TokenEvent[] = [];
  for await (const event of streamer) events.push(event);
  return events;
}

describe("TokenIteratorStreamer", () => {
  test("gives several rows' tokens with their probabilities and alternatives", async () => {
    const { streamer, generation } = start(
      [
        [...bytes("ab"), IM_END],
        [...bytes("x"), IM_END],
      ],
      { top_logprobs: 2 },
    );
    const events = await eventsOf(streamer);
    const result = await generation;

    expect(events.map(({ row, text }) => [row, text])).toEqual([
      [0, "a"],
      [1, "x"],
      [0, "b"],
      [1, "<|im_end|>"],
      [0, "<|im_end|>"],
    ]);
    expect(events.map(({ finish_reason }) => finish_reason)).toEqual([undefined, undefined, undefined, "eos", "eos"]);
    expect(events.filter(({ row }) => row === 0).map(({ token_id }) => token_id)).toEqual(
      result.sequences[0]!.slice(1),
    );
    // The chosen token has the logit 10, each other one 0.
    const total = Math.exp(10) + fixture.tokens.length - 1;
    for (const { token_id, logprob, top_logprobs } of events) {
      expect(logprob).toBeCloseTo(10 - Math.log(total), 6);
      expect(top_logprobs).toHaveLength(2);
      expect(top_logprobs[0]).toMatchObject({ token_id, logprob });
      expect(top_logprobs[1]!.logprob).toBeCloseTo(-Math.log(total), 5);
      expect(top_logprobs[1]!.text).toBe(decoder.decode([top_logprobs[1]!.token_id]));
    }
  });

  test("gives the model's probability, whatever the processors make of it", async () => {
    const streamer = new TokenIteratorStreamer(decoder);
    const generation = generateTokens({
      input_ids: [[1]],
      model: { vocab_size: 3, step: () => Promise.reject(new Error("one token")) },
      first_logits: Float32Array.of(0, Math.log(2), 0),
      suppress_tokens: [1],
      max_new_tokens: 1,
      streamer,
    });
    const [event] = await eventsOf(streamer);
    await generation;
    expect(event).toMatchObject({ token_id: 0, top_logprobs: [] });
    expect(event!.logprob).toBeCloseTo(Math.log(1 / 4), 6);
  });

  test("gives whole characters, and what is left with the last token", async () => {
    const { streamer, generation } = start([[...bytes("猫"), bytes("犬")[0]!, IM_END]], { skip_special_tokens: true });
    const events = await eventsOf(streamer);
    await generation;
    expect(events.map(({ piece }) => piece)).toEqual(["", "", "猫", "", "\uFFFD"]);
    expect(events.at(-1)!.text).toBe("<|im_end|>");
  });

  test("can be used again, and left early", async () => {
    const streamer = new TokenIteratorStreamer(decoder);
    for (const [answer, count] of [
      ["abcd", 1],
      ["xyz", 9],
    ] as const) {
      const model = new ScriptedModel([[...bytes(answer), IM_END]]);
      const first_logits = model.first_logits;
      const generation = generateTokens({ input_ids: [[1]], model, first_logits, eos_token_id: IM_END, streamer });
      let text = "";
      let seen = 0;
      for await (const { piece } of streamer) {
        text += piece;
        if (++seen === count) break;
      }
      expect(text).toBe(count === 1 ? "a" : "xyz<|im_end|>");
      await generation;
    }
  });

  test("throws what the generation throws", async () => {
    const failure = new Error("mine");
    const streamer = new TokenIteratorStreamer(decoder);
    const model = { vocab_size: 3, step: () => Promise.reject(failure) };
    const generation = generateTokens({ input_ids: [[1]], model, first_logits: Float32Array.of(0, 1, 0), streamer });
    await Promise.all([expect(generation).rejects.toBe(failure), expect(eventsOf(streamer)).rejects.toBe(failure)]);
  });
});
