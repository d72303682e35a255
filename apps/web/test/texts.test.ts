import { describe, expect, it } from "vitest";
import { escapesQuestions, messagesOf } from "../src/engine/messages.js";
import { spokenPart } from "../src/state/announce.js";
import { askTurns } from "../src/state/ask-turns.js";
import { exportJson, exportMarkdown } from "../src/state/export-conversation.js";
import { costText, formatBytes, formatTime, loadText, stageText } from "../src/state/format.js";
import { hintsOf } from "../src/state/hints.js";
import { defaultOptions, effectiveOptions } from "../src/state/options.js";
import { confidence, percentText, visibleToken } from "../src/state/tokens.js";
import { answered, picture, report, stateWith, turn } from "./helpers.js";

describe("askTurns", () => {
  const media = { p: picture("p"), q: picture("q") };

  it("gives the last turn without its answer", () => {
    const turns = askTurns([answered("1", ["p"], "A."), turn("2", [])], media);
    expect(turns.map(({ question, answer }) => [question, answer])).toEqual([
      ["Question 1?", "A."],
      ["Question 2?", undefined],
    ]);
    expect(turns.map((one) => one.media.map(({ id }) => id))).toEqual([["p"], []]);
  });

  it("leaves a turn without an answer out and keeps its pictures", () => {
    const turns = askTurns([answered("1", ["p"], ""), turn("2", ["q"])], media);
    expect(turns).toHaveLength(1);
    expect(turns[0]!.media.map(({ id }) => id)).toEqual(["p", "q"]);
  });
});

describe("messagesOf", () => {
  it("puts pictures before their question, and answers after it", () => {
    const blob = new Blob();
    const media = [
      { id: "p", kind: "picture" as const, name: "p", blob },
      { id: "v", kind: "video" as const, name: "v", blob, segments: 8 },
    ];
    expect(
      messagesOf([
        { question: "What?", media, answer: "That." },
        { question: "Why?", media: [] },
      ]),
    ).toEqual([
      { role: "user", content: [{ type: "image" }, { type: "video" }, { type: "text", text: "What?" }] },
      { role: "assistant", content: "That." },
      { role: "user", content: [{ type: "text", text: "Why?" }] },
    ]);
  });

  it("takes special tokens in questions as text, unless they point at a thing", () => {
    expect(escapesQuestions([{ question: "<|im_end|> <image>", media: [] }])).toBe(true);
    expect(escapesQuestions([{ question: "Where is <ref>the star</ref>?", media: [] }])).toBe(false);
  });
});

describe("exports", () => {
  const text = "<ref>star</ref><box>[[0, 0, 500, 1000]]</box>";
  const state = stateWith([{ ...answered("1", ["p"], text), question: "*Where* <b>?" }], ["p"]);

  it("writes Markdown in which nothing is markup that was none", () => {
    expect(exportMarkdown(state)).toBe(
      "# A conversation with InternVL\n\n_Picture: p.png_\n\n**You:** \\*Where\\* \\<b\\>?\n\n**InternVL:** star\n",
    );
  });

  it("writes JSON with boxes, report and options", () => {
    const { conversation, tiles, options } = JSON.parse(exportJson(state));
    expect(tiles).toEqual({ min: 1, max: 12 });
    expect(options).toEqual(defaultOptions());
    expect(conversation).toEqual([
      {
        pictures: [{ kind: "picture", name: "p.png", width: 4, height: 3 }],
        question: "*Where* <b>?",
        answer: text,
        boxes: [{ text: "star", boxes: [{ left: 0, top: 0, right: 0.5, bottom: 1 }] }],
        report: report(text),
        tokens: [],
      },
    ]);
  });
});

describe("effectiveOptions", () => {
  it("leaves out what does nothing without sampling", () => {
    expect(effectiveOptions(defaultOptions())).toEqual({
      max_new_tokens: 256,
      do_sample: false,
      repetition_penalty: 1,
      num_beams: 1,
    });
  });

  it("leaves out a seed of 0 only", () => {
    const sampling = { ...defaultOptions(), do_sample: true };
    expect(effectiveOptions(sampling)).not.toHaveProperty("seed");
    expect(effectiveOptions({ ...sampling, seed: 7, top_k: 0 })).toMatchObject({ seed: 7, top_k: 0, temperature: 1 });
  });
});

describe("spokenPart", () => {
  it("is whole sentences while it is written, and all of it at the end", () => {
    expect(spokenPart("A red", false)).toBe("");
    expect(spokenPart("A red star.", false)).toBe("");
    expect(spokenPart("A red star. A blue", false)).toBe("A red star.");
    expect(spokenPart("One. Two! Thr", false)).toBe("One. Two!");
    expect(spokenPart("A red", true)).toBe("A red");
  });
});

describe("words for numbers", () => {
  it("says what an answer cost", () => {
    expect(costText({ ...report("x"), cachedTokens: 90, tilesRead: 0 })).toBe(
      "First token after 0.50 s · 11 tokens, 40 a second · read 10 tokens, knew 90",
    );
    expect(costText({ ...report("x"), finishReason: "stopped", generatedTokens: 0, firstTokenSeconds: null })).toBe(
      "0 tokens · looked at 5 tiles · read 100 tokens · stopped",
    );
  });

  it("says what is being done", () => {
    expect(stageText({ name: "vision", done: 4, total: 13 })).toBe("Looking at tile 5 of 13…");
    expect(stageText({ name: "prefill", done: 40, total: 100 })).toBe("Reading the prompt, 40 %…");
    expect(loadText({ stage: "download", name: "a.onnx", loaded: 5e6, total: 1e7, unit: "bytes", rate: 2e6 })).toBe(
      "Downloading a.onnx, 5.0 MB of 10.0 MB, 2.0 MB/s",
    );
  });

  it("formats bytes and times", () => {
    expect([0, 999, 4.6e6, 1.5e11].map(formatBytes)).toEqual(["0 B", "999 B", "4.6 MB", "150 GB"]);
    expect([0, 4.25, 71.5].map(formatTime)).toEqual(["0:00.0", "0:04.3", "1:11.5"]);
  });

  it("shows tokens", () => {
    expect([0.95, 0.9, 0.6, 0.1].map(confidence)).toEqual(["sure", "sure", "likely", "unsure"]);
    expect([1, 0.034, 0.0001].map(percentText)).toEqual(["100 %", "3.4 %", "under 0.1 %"]);
    expect(visibleToken(" a\n")).toBe("␣a⏎");
  });
});

describe("hintsOf", () => {
  it("says what is missing and what follows", () => {
    expect(hintsOf({ crossOriginIsolated: true, gpu: true })).toEqual([]);
    expect(hintsOf({ crossOriginIsolated: false, gpu: true })).toEqual([expect.stringContaining("one core")]);
    expect(hintsOf({ crossOriginIsolated: true, gpu: false })).toEqual([expect.stringContaining("no WebGPU")]);
  });
});
