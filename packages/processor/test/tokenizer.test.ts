import { MemoryFolder, Tensor } from "@internvl/core";
import { buildQwen2TokenizerJson, Qwen2Tokenizer } from "@internvl/processor";
import { beforeAll, describe, expect, test } from "vitest";
import { type Files, failure, fixture, slowTokenizerFiles, tinyTokenizerFiles } from "./fixtures.js";

interface TokenizeGolden {
  len: number;
  vocab_size: number;
  bos_token_id: number | null;
  eos_token_id: number | null;
  pad_token_id: number | null;
  strings: { text: string; ids: number[]; ids_no_special?: number[]; decode: string; decode_skip_special: string }[];
  decode_only: { ids: number[]; decode: string; decode_skip_special: string }[];
}

const golden = fixture<TokenizeGolden>("tokenize.json");
const open = (files: Files): Promise<Qwen2Tokenizer> => Qwen2Tokenizer.from_pretrained(new MemoryFolder(files));
const without = (files: Files, ...paths: string[]): Files =>
  Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)));

let tokenizer: Qwen2Tokenizer;
beforeAll(async () => {
  tokenizer = await open(tinyTokenizerFiles());
});

describe.each([
  ["tokenizer.json", tinyTokenizerFiles()],
  ["vocab.json and merges.txt", slowTokenizerFiles()],
  [
    "added_tokens.json without flags",
    { ...slowTokenizerFiles(), "tokenizer_config.json": '{"pad_token":"<|endoftext|>"}' },
  ],
] as const)("from %s", (_, files) => {
  test("every string has the reference's ids and texts", async () => {
    const tokenizer = await open(files);
    expect(golden.strings.length).toBeGreaterThan(150);
    for (const { text, ids, ids_no_special, decode, decode_skip_special } of golden.strings) {
      expect(tokenizer.encode(text), text).toEqual(ids);
      expect(tokenizer.encode(text, { add_special_tokens: false }), text).toEqual(ids_no_special ?? ids);
      expect(tokenizer.decode(ids)).toBe(decode);
      expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(decode_skip_special);
    }
    for (const { ids, decode, decode_skip_special } of golden.decode_only) {
      expect(tokenizer.decode(ids)).toBe(decode);
      expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(decode_skip_special);
    }
  });

  test("sizes and roles", async () => {
    const { length, vocab_size, bos_token_id, eos_token_id, pad_token_id } = await open(files);
    const { len, strings, decode_only, ...rest } = golden;
    expect({ length, vocab_size, bos_token_id, eos_token_id, pad_token_id }).toEqual({ ...rest, length: len });
  });
});

test("the built tokenizer.json is the one that Transformers writes", async () => {
  const { tokenizer_json } = await open(slowTokenizerFiles());
  expect(tokenizer_json).toEqual(fixture("tokenizer-qwen2/tokenizer.json"));
});

test("a merge may start with #; the header is the only comment", () => {
  const merges = "#version: 0.2\n# #\n#version: 0.2\n";
  const vocab = { "#": 0, "##": 1, "#version:": 2, "0.2": 3 };
  const { model } = buildQwen2TokenizerJson({ vocab, merges, added_tokens: [] });
  expect(model.merges).toEqual([
    ["#", "#"],
    ["#version:", "0.2"],
  ]);
});

test("merges as strings mean the same as pairs", async () => {
  const json = fixture<{ model: { merges: [string, string][] } }>("tokenizer-qwen2/tokenizer.json");
  const merges = json.model.merges.map((pair) => pair.join(" "));
  const strings = { ...json, model: { ...json.model, merges } };
  const other = await open({ ...tinyTokenizerFiles(), "tokenizer.json": JSON.stringify(strings) });
  for (const { text, ids } of golden.strings) expect(other.encode(text)).toEqual(ids);
});

test("a token that only tokenizer_config.json adds is known", async () => {
  const files = tinyTokenizerFiles();
  const config = fixture<{ added_tokens_decoder: Record<string, object> }>("tokenizer-qwen2/tokenizer_config.json");
  config.added_tokens_decoder["451"] = { content: "<video>", special: true };
  const other = await open({ ...files, "tokenizer_config.json": JSON.stringify(config) });
  expect(other.encode("<video>")).toEqual([451]);
  expect(other.length).toBe(452);
});

describe("special tokens in a text", () => {
  test("become special ids, unless they are split", () => {
    expect(tokenizer.encode("a<img>")).toEqual([tokenizer.convert_tokens_to_ids("a"), 442]);
    const split = tokenizer.encode("a<img>", { split_special_tokens: true });
    expect(split).toEqual([...tokenizer.encode("a<"), ...tokenizer.encode("img>")]);
    expect(tokenizer.decode(split)).toBe("a<img>");
  });

  test("splitting changes nothing else", () => {
    for (const { text, ids } of golden.strings) {
      if (ids.some((id) => id >= golden.vocab_size)) continue;
      expect(tokenizer.encode(text, { split_special_tokens: true }), text).toEqual(ids);
    }
  });
});

describe("a batch", () => {
  const texts = ["a", "hello there"];

  test("is lists of ids, not padded unless asked", () => {
    const { input_ids, attention_mask } = tokenizer(texts);
    expect(input_ids).toEqual(texts.map((text) => tokenizer.encode(text)));
    expect(attention_mask.map((row) => row.length)).toEqual(input_ids.map((row) => row.length));
  });

  test("is padded on the left by default", () => {
    const [short, long] = texts.map((text) => tokenizer.encode(text));
    const missing = long!.length - short!.length;
    const left = tokenizer(texts, { padding: true });
    expect(left.input_ids).toEqual([[...Array<number>(missing).fill(420), ...short!], long]);
    expect(left.attention_mask[0]).toEqual([...Array<number>(missing).fill(0), ...short!.map(() => 1)]);
    const right = tokenizer(texts, { padding: "longest", padding_side: "right" });
    expect(right.input_ids[0]).toEqual([...short!, ...Array<number>(missing).fill(420)]);
  });

  test("is cut at its end and padded to a length", () => {
    const { input_ids } = tokenizer(texts, { padding: "max_length", truncation: true, max_length: 4 });
    expect(input_ids).toEqual([[420, 420, 420, ...tokenizer.encode("a")], tokenizer.encode("hello there").slice(0, 4)]);
  });

  test("comes as int64 tensors", () => {
    const { input_ids } = tokenizer(texts, { padding: true, return_tensors: "ort" });
    const rows = tokenizer(texts, { padding: true }).input_ids;
    expect([input_ids.type, input_ids.dims]).toEqual(["int64", [2, rows[0]!.length]]);
    expect(Array.from(input_ids.data as BigInt64Array, Number)).toEqual(rows.flat());
    expect(tokenizer.batch_decode(input_ids, { skip_special_tokens: true })).toEqual(texts);
  });

  test("may be empty, and so may a text", () => {
    expect(tokenizer([])).toEqual({ input_ids: [], attention_mask: [] });
    expect(tokenizer("")).toEqual({ input_ids: [[]], attention_mask: [[]] });
    expect(tokenizer.decode([])).toBe("");
  });
});

test("ids in every shape", () => {
  const ids = tokenizer.encode("Hi <img>");
  const big = ids.map(BigInt);
  const tensor = new Tensor("int64", BigInt64Array.from(big), [ids.length]);
  for (const shape of [ids, big, Int32Array.from(ids), BigInt64Array.from(big), tensor]) {
    expect(tokenizer.decode(shape)).toBe("Hi <img>");
  }
  expect(tokenizer.convert_ids_to_tokens([442, 99999])).toEqual(["<img>", null]);
  expect(tokenizer.convert_tokens_to_ids(["<img>", "no such"])).toEqual([442, null]);
});

test("spaces before punctuation stay unless their removal is asked for", () => {
  const ids = tokenizer.encode("Hello , world .");
  expect(tokenizer.decode(ids)).toBe("Hello , world .");
  expect(tokenizer.decode(ids, { clean_up_tokenization_spaces: true })).toBe("Hello, world.");
});

test("save_pretrained writes a folder that reads the same", async () => {
  const saved = new MemoryFolder();
  await (await open(slowTokenizerFiles())).save_pretrained(saved);
  expect(await saved.list()).toEqual(["special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"]);
  const again = await Qwen2Tokenizer.from_pretrained(saved);
  for (const { text, ids } of golden.strings) expect(again.encode(text)).toEqual(ids);
  expect(again.model_max_length).toBe(8192);
  expect(again.eos_token).toBe("<|im_end|>");
});

describe("bad input", () => {
  const json = (change: object): Files => ({
    "tokenizer.json": JSON.stringify({ ...fixture<object>("tokenizer-qwen2/tokenizer.json"), ...change }),
  });
  const bpe = { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] };

  test.each([
    ["no files", {}, "TOKENIZER_INVALID", "no tokenizer.json and no vocab.json, no merges.txt"],
    ["a vocabulary without merges", without(slowTokenizerFiles(), "merges.txt"), "TOKENIZER_INVALID", "no merges.txt"],
    ["SentencePiece", { "tokenizer.model": "x" }, "UNSUPPORTED", "AutoTokenizer"],
    ["broken JSON", { "tokenizer.json": "{" }, "FILE_INVALID", "is not JSON"],
    ["JSON that is not UTF-8", { "tokenizer.json": new Uint8Array([0xff, 0xfe, 0x7b]) }, "FILE_INVALID", "ff fe 7b"],
    ["no model", json({ model: null }), "TOKENIZER_INVALID", "model is not what it should be"],
    ["another model", json({ model: { type: "Unigram" } }), "UNSUPPORTED", '"Unigram"'],
    ["no vocabulary", json({ model: { ...bpe, vocab: [] } }), "TOKENIZER_INVALID", "model.vocab"],
    ["an empty vocabulary", json({ model: { ...bpe, vocab: {} } }), "TOKENIZER_INVALID", "no tokens"],
    ["an id twice", json({ model: { ...bpe, vocab: { a: 0, b: 0 } } }), "TOKENIZER_INVALID", '"b"'],
    ["a huge id", json({ model: { ...bpe, vocab: { a: 2 ** 40 } } }), "TOKENIZER_INVALID", "1099511627776"],
    ["a merge of one", json({ model: { ...bpe, merges: ["ab"] } }), "TOKENIZER_INVALID", "entry 0"],
    ["an unknown merge", json({ model: { ...bpe, merges: [["a", "x"]] } }), "TOKENIZER_INVALID", '["a","x"]'],
    ["an added token without id", json({ added_tokens: [{ content: "<x>" }] }), "TOKENIZER_INVALID", "added_tokens"],
    ["an unknown step", json({ decoder: { type: "Nope" } }), "TOKENIZER_INVALID", "Nope"],
    ["a broken merges.txt", { ...slowTokenizerFiles(), "merges.txt": "a b c" }, "TOKENIZER_INVALID", "merge 1"],
    ["an id that is text", { ...slowTokenizerFiles(), "added_tokens.json": '{"<x>":"1"}' }, "TOKENIZER_INVALID", "<x>"],
  ] as [string, Files, string, string][])("%s", async (_, files, code, message) => {
    const error = await failure(() => open(files));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  test.each([
    ["an id too high", [451], "got 451"],
    ["a negative id", [1, -100], "got -100"],
    ["half an id", [1.5], "1.5"],
    ["lists of lists", [[1]], "batch_decode"],
  ])("decode: %s", async (_, ids, message) => {
    const error = await failure(() => tokenizer.decode(ids as number[]));
    expect(error.code).toBe("INPUT_INVALID");
    expect(error.message).toContain(message);
  });

  test("a lone surrogate", async () => {
    const error = await failure(() => tokenizer.encode("ab\ud83d!"));
    expect(error.message).toContain("U+D83D at position 2");
  });

  test("rows of different lengths as one tensor", async () => {
    const error = await failure(() => tokenizer(["a", "a b"], { return_tensors: "ort" }));
    expect(error.message).toContain("Pass padding: true.");
  });

  test("padding without a pad token", async () => {
    const files = { ...without(tinyTokenizerFiles(), "special_tokens_map.json"), "tokenizer_config.json": "{}" };
    const bare = await open(files);
    expect((await failure(() => bare(["a", "a b"], { padding: true }))).message).toContain("no pad token");
    expect((await failure(() => bare("a", { padding: "max_length" }))).message).toContain("Pass max_length");
  });

  test.each([0, -1, 2.5, Number.NaN])("max_length %s", async (max_length) => {
    expect((await failure(() => tokenizer("a", { max_length }))).code).toBe("INPUT_INVALID");
  });
});
