import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { MemoryFolder } from "@internvl/core";
import { InternVL2_5ImageProcessor } from "@internvl/image-processor";
import { expandPlaceholders, InternLM2Tokenizer, InternVL2_5Processor } from "@internvl/processor";
import { beforeAll, describe, expect, test } from "vitest";
import * as sentencepiece from "../src/gen/sentencepiece_model_pb.js";
import { type Files, failure, fixture, internlm2TokenizerFiles } from "./fixtures.js";

interface TokenizeGolden {
  len: number;
  vocab_size: number;
  special_ids: Record<string, number>;
  bos_token_id: number;
  eos_token_id: number;
  pad_token_id: number;
  strings: { text: string; ids: number[]; ids_no_special: number[]; decode: string; decode_skip_special: string }[];
  decode_only: { ids: number[]; decode: string; decode_skip_special: string }[];
  prompts: {
    case: string;
    texts: string[];
    num_patches_list: number[][];
    num_image_token: number;
    input_ids: number[][];
    attention_mask: number[][] | null;
    generated: number[][];
    generated_text: string[];
  }[];
}

const golden = fixture<TokenizeGolden>("tokenize-internlm2.json");
const files = internlm2TokenizerFiles();
const open = (files: Files): Promise<InternLM2Tokenizer> => InternLM2Tokenizer.from_pretrained(new MemoryFolder(files));

async function saved(tokenizer: InternLM2Tokenizer): Promise<Files> {
  const folder = new MemoryFolder();
  await tokenizer.save_pretrained(folder);
  const paths = await folder.list();
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await folder.read(path)])));
}

/** The files with another model in their tokenizer.model. */
function changed(change: (model: sentencepiece.ModelProto) => void): Files {
  const model = fromBinary(sentencepiece.ModelProtoSchema, files["tokenizer.model"] as Uint8Array);
  change(model);
  return { ...files, "tokenizer.model": toBinary(sentencepiece.ModelProtoSchema, model) };
}

let tokenizer: InternLM2Tokenizer;
beforeAll(async () => {
  tokenizer = await open(files);
});

describe.each([
  ["tokenizer.model", async () => files],
  ["the folder that save_pretrained wrote", async () => saved(tokenizer)],
  [
    "tokenizer.model and added_tokens.json with the tokens' roles",
    async () => ({
      "tokenizer.model": files["tokenizer.model"]!,
      "added_tokens.json": files["added_tokens.json"]!,
      "special_tokens_map.json": files["special_tokens_map.json"]!,
    }),
  ],
])("from %s", (_, given) => {
  test("every string has the slow tokenizer's ids and texts", async () => {
    const tokenizer = await open(await given());
    expect(golden.strings.length).toBeGreaterThan(150);
    for (const { text, ids, ids_no_special, decode, decode_skip_special } of golden.strings) {
      expect(tokenizer.encode(text), text).toEqual(ids);
      expect(tokenizer.encode(text, { add_special_tokens: false }), text).toEqual(ids_no_special);
      expect(tokenizer.decode(ids)).toBe(decode);
      expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(decode_skip_special);
    }
    for (const { ids, decode, decode_skip_special } of golden.decode_only) {
      expect(tokenizer.decode(ids)).toBe(decode);
      expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(decode_skip_special);
    }
  });

  test("sizes, roles and names", async () => {
    const { length, vocab_size, bos_token_id, eos_token_id, pad_token_id, ...tokenizer } = await open(await given());
    const { len, special_ids, strings, decode_only, prompts, ...rest } = golden;
    expect({ length, vocab_size, bos_token_id, eos_token_id, pad_token_id }).toEqual({ ...rest, length: len });
    expect(tokenizer.added_tokens_encoder).toMatchObject(special_ids);
    expect(tokenizer.all_special_ids.length).toBe(18);
  });
});

test("saving again changes nothing", async () => {
  const once = await saved(tokenizer);
  expect(await saved(await open(once))).toEqual(once);
});

describe("pieces with a new name", () => {
  test("are found by both names and have the new one", () => {
    expect(tokenizer.encode("[UNUSED_TOKEN_145]<|im_end|>", { add_special_tokens: false })).toEqual([789, 789]);
    expect(tokenizer.convert_ids_to_tokens([789, 788, 784])).toEqual([
      "<|im_end|>",
      "<|action_start|>",
      "[UNUSED_TOKEN_140]",
    ]);
    expect(tokenizer.length).toBe(800);
  });

  test("a NUL is always a byte, whatever piece there is", async () => {
    const other = await open(
      changed((model) => {
        model.pieces[300]!.piece = "\0";
      }),
    );
    expect(other.encode("a\0")).toEqual([1, ...tokenizer.encode("a", { add_special_tokens: false }), 3]);
    expect(other.convert_ids_to_tokens([3, 300])).toEqual(["<0x00>", "\0"]);
    expect(other.decode([3, 300, 3])).toBe("\0\0\0");
  });
});

describe("split_special_tokens", () => {
  test("leaves other spellings of special tokens plain too", () => {
    const text = "<s>[UNUSED_TOKEN_145]<|im_end|>";
    const ids = tokenizer.encode(text, { split_special_tokens: true, add_special_tokens: false });
    expect(ids.filter((id) => tokenizer.all_special_ids.includes(id))).toEqual([]);
    expect(tokenizer.decode(ids)).toBe(text);
  });

  test("changes nothing else: user-defined pieces stay whole", () => {
    const plain = golden.strings.filter(
      ({ ids }) => !ids.slice(1).some((id) => tokenizer.all_special_ids.includes(id)),
    );
    expect(plain.some(({ ids }) => ids.includes(643))).toBe(true);
    for (const { text, ids, ids_no_special } of plain) {
      const options = { split_special_tokens: true };
      expect(tokenizer.encode(text, options), text).toEqual(ids);
      expect(tokenizer.encode(text, { ...options, add_special_tokens: false }), text).toEqual(ids_no_special);
    }
  });
});

describe("decoding", () => {
  test("gives each byte that is no character a U+FFFD", () => {
    const bytes = (...values: number[]): number[] => values.map((value) => 3 + value);
    const whole = bytes(...new TextEncoder().encode("\uFEFFé猫🐈"));
    expect(tokenizer.decode(whole)).toBe("\uFEFFé猫🐈");
    expect(tokenizer.decode(bytes(0xe7, 0x8c, 0x41, 0xf0, 0x9f))).toBe("\uFFFD\uFFFDA\uFFFD\uFFFD");
    expect(tokenizer.decode(bytes(0xc0, 0x80, 0xed, 0xa0, 0x80))).toBe("\uFFFD".repeat(5));
  });

  test("takes spaces before punctuation away unless told otherwise", () => {
    const ids = tokenizer.encode("a , b .", { add_special_tokens: false });
    expect(tokenizer.decode(ids)).toBe("a, b.");
    expect(tokenizer.decode(ids, { clean_up_tokenization_spaces: false })).toBe("a , b .");
  });
});

describe("the processor", () => {
  const image_processor = new InternVL2_5ImageProcessor();

  test.each(golden.prompts)("the original's prompts have its ids: $case", async (row) => {
    const { num_image_token, num_patches_list, generated, generated_text } = row;
    const processor = new InternVL2_5Processor(image_processor, tokenizer, { image_seq_length: num_image_token });
    const text = row.texts.map((text, index) => {
      const tokens = num_patches_list[index]!.map((patches) => patches * num_image_token);
      return expandPlaceholders(text, "<image>", tokens);
    });
    const { input_ids, attention_mask } = await processor({ text, padding: true });
    expect(input_ids).toEqual(row.input_ids);
    expect(attention_mask).toEqual(row.attention_mask ?? row.input_ids.map((ids) => ids.map(() => 1)));
    expect(processor.post_process_image_text_to_text(generated)).toEqual(generated_text);
  });

  test("escaping keeps <s>, and keeps every spelling of a special token plain", async () => {
    const processor = new InternVL2_5Processor(image_processor, tokenizer);
    const ids = async (content: string, options: object): Promise<number[]> => {
      const calls = { ...options, tokenize: true } as const;
      return (await processor.apply_chat_template([{ role: "user", content }], calls))[0]!;
    };
    const harmless = "Hello  world, 你好 [UNUSED_TOKEN_3]\n\n";
    expect(await ids(harmless, { escape_special_tokens: true })).toEqual(await ids(harmless, {}));
    const text = "<|im_end|>[UNUSED_TOKEN_145]<s><img>";
    const escaped = await ids(text, { escape_special_tokens: true });
    expect(escaped.filter((id) => tokenizer.all_special_ids.includes(id))).toEqual([1, 790, 789]);
    expect(processor.decode(escaped, { skip_special_tokens: true })).toBe(`user\n${text}\n`);
    const without = await ids(text, { escape_special_tokens: true, add_special_tokens: false });
    expect(without).toEqual(escaped.slice(1));
  });
});

describe("bad input", () => {
  const model = files["tokenizer.model"] as Uint8Array;

  test("a tokenizer.model that is cut off anywhere", async () => {
    for (let length = 0; length < model.length; length += length < model.length - 60 ? 37 : 1) {
      const error = await failure(() => open({ ...files, "tokenizer.model": model.subarray(0, length) }));
      expect(error.code, `${length} bytes`).toBe("TOKENIZER_INVALID");
      expect(error.message).toContain("cut off");
    }
  });

  test.each([
    ["no tokenizer", {}, "TOKENIZER_INVALID", "tokenizer.model or tokenizer.json"],
    ["text", { "tokenizer.model": "version https://git-lfs" }, "TOKENIZER_INVALID", "not a SentencePiece model"],
    [
      "unigram",
      changed(({ trainerSpec }) => {
        trainerSpec!.modelType = sentencepiece.TrainerSpec_ModelType.UNIGRAM;
      }),
      "UNSUPPORTED",
      "model_type: UNIGRAM",
    ],
    [
      "a normaliser and a dummy prefix",
      changed(({ normalizerSpec }) => {
        Object.assign(normalizerSpec!, { name: "nmt_nfkc", precompiledCharsmap: Uint8Array.of(1) });
        normalizerSpec!.addDummyPrefix = true;
      }),
      "UNSUPPORTED",
      "add_dummy_prefix: true, normalizer: nmt_nfkc",
    ],
    [
      "unused pieces",
      changed(({ pieces }) => {
        pieces[400]!.type = sentencepiece.ModelProto_SentencePiece_Type.UNUSED;
      }),
      "UNSUPPORTED",
      "unused pieces: 1",
    ],
    [
      "a piece twice",
      changed(({ pieces }) => {
        pieces[400]!.piece = pieces[401]!.piece;
      }),
      "TOKENIZER_INVALID",
      "400 and 401",
    ],
    [
      "a piece whose characters are no pieces",
      changed(({ pieces }) => {
        pieces[400]!.piece = "猫犬";
      }),
      "UNSUPPORTED",
      '"猫"',
    ],
    [
      "an added token in the place of an ordinary piece",
      { ...files, "added_tokens.json": '{"<x>":300}', "tokenizer_config.json": "{}" },
      "UNSUPPORTED",
      '"<x>" in the place of',
    ],
  ] as [string, Files, string, string][])("%s", async (_, files, code, message) => {
    const error = await failure(() => open(files));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  test.each([[800], [-1]])("decoding the id %d", async (id) => {
    const error = await failure(() => tokenizer.decode([1, id]));
    expect(error).toMatchObject({ code: "INPUT_INVALID", parts: { got: String(id) } });
  });
});
