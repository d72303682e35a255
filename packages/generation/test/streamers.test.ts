import { TextIteratorStreamer, TextStreamer, TokenTextStream } from "@internvl/generation";
import { describe, expect, test } from "vitest";
import { ByteDecoder, byteToken, fixture, IM_END } from "./helpers.js";

const byteTokens = (text: string): number[] => [...new TextEncoder().encode(text)].map(byteToken);

function streamed(ids: readonly number[], decoder = new ByteDecoder()): string[] {
  const stream = new TokenTextStream(decoder);
  return [...ids.map((id) => stream.push([id])), stream.flush()];
}

describe("TokenTextStream", () => {
  test.each(fixture.texts)("gives every character of $text whole and at once", ({ text, ids }) => {
    const pieces = streamed(ids);
    expect(pieces.join("")).toBe(text);
    expect(pieces.join("")).not.toContain("\uFFFD");
    expect(pieces.at(-1)).toBe("");
    // "At once": what is out after each token is all that its bytes say for certain.
    let out = "";
    for (const [index, piece] of pieces.slice(0, -1).entries()) {
      out += piece;
      expect(out).toBe(new ByteDecoder().decode(ids.slice(0, index + 1)).replace(/\uFFFD+$/, ""));
    }
  });

  test("holds the bytes of a character back until the last", () => {
    expect(streamed(byteTokens("é猫👩‍👧"))).toEqual([
      ...["", "é", "", "", "猫", "", "", "", "👩", "", "", "\u200d", "", "", "", "👧"],
      "",
    ]);
  });

  test("hands an unfinished character out at the end", () => {
    expect(streamed(byteTokens("a猫").slice(0, -1))).toEqual(["a", "", "", "\uFFFD"]);
  });

  test("gives the decoder's text for bytes that are no characters", () => {
    let state = 1;
    for (let round = 0; round < 60; round++) {
      const ids = Array.from({ length: 80 }, () => {
        state = (state * 48271) % 0x7fffffff;
        // Mostly lead and continuation bytes, in no order.
        return byteToken(state % 4 === 0 ? state % 128 : 128 + (state % 128));
      });
      expect(streamed(ids).join("")).toBe(new ByteDecoder().decode(ids));
    }
  });

  test("decodes a few ids a token, however long the text, characters or not", () => {
    for (const byte of [0x61, 0xff]) {
      const decoder = new ByteDecoder();
      streamed(new Array<number>(2000).fill(byteToken(byte)), decoder);
      expect(decoder.decoded).toBeLessThan(2000 * 40);
    }
  });

  test("follows byte fallback, where every byte of a broken run is a U+FFFD", () => {
    // SentencePiece's decoder in miniature: a run of bytes is text as a whole or not at all, the first space goes.
    const decoder = {
      decode(ids: readonly number[]): string {
        const bytes = Uint8Array.from(ids);
        try {
          return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/^ /, "");
        } catch {
          return "\uFFFD".repeat(bytes.length);
        }
      },
    };
    const stream = new TokenTextStream(decoder);
    const ids = [...new TextEncoder().encode("你好🐈 x")];
    expect(ids.map((id) => stream.push([id]))).toEqual([...["", "", "你", "", "", "好", "", "", "", "🐈", " ", "x"]]);
  });

  test("loses and repeats nothing where the decoder changes text that is out", () => {
    // InternLM2's decoding in miniature: a space before the words that a special token follows, none before a comma.
    const decoder = {
      decode(ids: readonly number[]): string {
        const text = ids.map((id) => (id === IM_END ? "<|im_end|>" : String.fromCharCode(id))).join("");
        return text.replace(/[^>]*<\|im_end\|>/g, " $&").replaceAll(" ,", ",");
      },
    };
    const codes = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
    const ids = [...codes("ab , c"), IM_END, ...codes("\nd"), IM_END];
    const stream = new TokenTextStream(decoder);
    const pieces = ids.map((id) => stream.push([id]));
    expect(pieces).toEqual(["a", "b", " ", ",", " ", "c", " <|im_end|>", "\n", "d", " <|im_end|>"]);
    expect(stream.flush()).toBe("");
  });
});

describe("TextStreamer", () => {
  function collect(options: { skip_prompt?: boolean; skip_special_tokens?: boolean }): [string, boolean][] {
    const calls: [string, boolean][] = [];
    const streamer = new TextStreamer(new ByteDecoder(), {
      ...options,
      callback_function: (text, stream_end) => calls.push([text, stream_end]),
    });
    for (let turn = 0; turn < 2; turn++) {
      streamer.put([byteTokens("hi ")]);
      for (const id of [...byteTokens("é"), IM_END]) streamer.put([[id]]);
      streamer.end();
    }
    return calls;
  }

  test("starts with the prompt, ends with stream_end, and can be used again", () => {
    const once: [string, boolean][] = [
      ["hi ", false],
      ["é", false],
      ["<|im_end|>", false],
      ["", true],
    ];
    expect(collect({})).toEqual([...once, ...once]);
  });

  test("leaves the prompt and special tokens out", () => {
    expect(collect({ skip_prompt: true, skip_special_tokens: true }).slice(0, 2)).toEqual([
      ["é", false],
      ["", true],
    ]);
  });

  test("refuses several rows", () => {
    expect(() => new TextStreamer(new ByteDecoder()).put([[1], [2]])).toThrowError(
      expect.objectContaining({ code: "INPUT_INVALID" }),
    );
  });
});

describe("TextIteratorStreamer", () => {
  const make = () => new TextIteratorStreamer(new ByteDecoder(), { skip_prompt: true });
  async function rest(streamer: TextIteratorStreamer): Promise<string[]> {
    const pieces: string[] = [];
    for await (const piece of streamer) pieces.push(piece);
    return pieces;
  }
  function speak(streamer: TextIteratorStreamer, text: string): void {
    streamer.put([[0]]);
    for (const id of byteTokens(text)) streamer.put([[id]]);
    streamer.end();
  }

  test("gives text to a reader that waits for it", async () => {
    const streamer = make();
    const reading = rest(streamer);
    await Promise.resolve();
    speak(streamer, "aé");
    expect(await reading).toEqual(["a", "é"]);
  });

  test("keeps text for a reader that comes late, one generation a loop", async () => {
    const streamer = make();
    speak(streamer, "ab");
    speak(streamer, "c");
    expect(await rest(streamer)).toEqual(["a", "b"]);
    expect(await rest(streamer)).toEqual(["c"]);
  });

  test("passes an error on, after the text before it", async () => {
    const streamer = make();
    const failure = new Error("the model broke");
    streamer.put([[0]]);
    streamer.put([byteTokens("a")]);
    streamer.fail(failure);
    expect(await streamer.next()).toEqual({ done: false, value: "a" });
    await expect(streamer.next()).rejects.toBe(failure);
  });

  test("may be left early and used again", async () => {
    const streamer = make();
    streamer.put([[0]]);
    streamer.put([byteTokens("abc")]);
    for await (const piece of streamer) {
      expect(piece).toBe("abc");
      break;
    }
    streamer.put([byteTokens("d")]);
    expect(await streamer.next()).toEqual({ done: true, value: undefined });
    streamer.end();
    speak(streamer, "e");
    expect(await rest(streamer)).toEqual(["e"]);
  });
});
