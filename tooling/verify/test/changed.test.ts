import { describe, expect, test } from "vitest";
import type { GroupSummary } from "../src/report.js";
import { ChangedFixtures } from "./changed-fixtures.js";

const VARIANT = "tiny/tiny-1b-tied";
const MODEL = [VARIANT, "tiny/tokenizer-qwen2", "tiny/inputs"];

/** Some cases of one variant are enough to see one of them fail. */
function modelFixtures(cases: readonly string[]): ChangedFixtures {
  const fixtures = new ChangedFixtures(MODEL);
  fixtures.json(`${VARIANT}/golden.json`, (golden) => {
    for (const name of Object.keys(golden.cases)) if (!cases.includes(name)) delete golden.cases[name];
  });
  return fixtures;
}

/** Exactly these checks fail, and others pass. */
function expectFailures({ failures, passed }: GroupSummary, checks: readonly string[]): void {
  expect(failures.map(({ check }) => check)).toEqual(checks);
  expect(passed).toBeGreaterThan(0);
}

describe("one change in the golden data is one failure", () => {
  test("decode: a hash", async () => {
    const fixtures = new ChangedFixtures(["images.json", "images", "decoded"]);
    fixtures.json("images.json", ({ images }) => {
      images[0].rgb_sha256 = images[1].rgb_sha256;
    });
    expectFailures(await fixtures.verify("decode"), ["s_16bit_gray.png rgb_sha256"]);
  });

  test("grids: the columns of a row", async () => {
    const fixtures = new ChangedFixtures(["grids.json"]);
    fixtures.json("grids.json", ({ rows }) => {
      rows[0][7]++;
    });
    const summary = await fixtures.verify("grids");
    expect(summary.failures).toHaveLength(1);
    expect(summary.failures[0]!.check).toContain("(transformers)");
  });

  test("preprocess: a hash of bytes, one of floats, a sample", async () => {
    const fixtures = new ChangedFixtures(["preprocess.json", "images", "tiles"]);
    fixtures.json("preprocess.json", (json) => {
      json.cases = json.cases.filter(({ file }: { file: string }) => file === "s_2x3.png");
      const [first, second, third] = json.cases;
      first.orig.u8_sha256[0] = first.orig.f32_sha256[0];
      second.orig.f32_sha256[0] = second.orig.u8_sha256[0];
      third.orig.stats[0].s[3] += 1e-5;
    });
    const { failures, passed } = await fixtures.verify("preprocess");
    const checks = failures.map(({ check }) => check.replace(/^.*? (?=u8|f32|s |hf)/, ""));
    // The hash of the bytes also stands for Transformers' own, which are the same.
    expect(checks).toEqual(["u8_sha256 [0]", "hf_pil_rgb [0]", "f32_sha256 [0]", "s [3]"]);
    expect(passed).toBeGreaterThan(0);
  });

  test("tokenize: an id and a text, in both forms of the vocabulary", async () => {
    const fixtures = new ChangedFixtures(["tokenize-tiny-qwen2.json", "tiny/tokenizer-qwen2"]);
    fixtures.json("tokenize-tiny-qwen2.json", ({ strings, decode_only }) => {
      strings[5].ids[0]++;
      decode_only[0].decode += "!";
    });
    const { failures } = await fixtures.verify("tokenize");
    expect(failures.filter(({ check }) => check.endsWith("ids [0]"))).toHaveLength(2);
    expect(failures.filter(({ check }) => check.includes(" ids 234,"))).toHaveLength(2);
  });

  test("chat: a prompt, a token of a processor call", async () => {
    const calls = "tiny/hf_processor_tiny-4b.json";
    const fixtures = new ChangedFixtures([
      "chat.json",
      calls,
      "tiny/tiny-4b",
      "tiny/tokenizer-qwen2",
      "tiny/inputs",
      "images",
    ]);
    fixtures.json("chat.json", ({ conversations }) => {
      conversations[0].original_get_prompt += " ";
    });
    fixtures.json(calls, ({ cases }) => {
      cases[0].input_ids[0][0]++;
    });
    expectFailures(await fixtures.verify("chat"), [
      "image_text, generation prompt true, original  (character 166)",
      'processor call "text" input_ids [0][0]',
    ]);
  });

  test("config: the tokens of a tile, the shape of a published model", async () => {
    const fixtures = new ChangedFixtures([...MODEL, "real-configs.json"]);
    fixtures.json(`${VARIANT}/golden.json`, (golden) => {
      golden.num_image_token++;
    });
    fixtures.json("real-configs.json", ({ models }) => {
      models["InternVL2_5-78B"].llm_config.num_hidden_layers++;
    });
    expectFailures(await fixtures.verify("config"), [
      "tiny-1b-tied num_image_token",
      "tiny-1b-tied image_seq_length",
      "InternVL2_5-78B language model in FAMILY num_hidden_layers",
    ]);
  });

  test("forward: numbers just beyond the tolerance, a hash of pixels", async () => {
    const fixtures = modelFixtures(["text_nosys", "one"]);
    const tensors = `${VARIANT}/golden.safetensors`;
    for (const name of ["one.features", "one.features_ps_v1", "text_nosys.last_logits"])
      fixtures.tensor(tensors, name, 2e-4);
    fixtures.json(`${VARIANT}/golden.json`, ({ cases }) => {
      cases.one.pixel_sha256_f32 = "0";
    });
    const summary = await fixtures.verify("forward");
    expectFailures(summary, [
      "tiny-1b-tied text_nosys.last_logits [0]",
      "tiny-1b-tied one pixel_sha256_f32",
      "tiny-1b-tied one.features [0]",
      "tiny-1b-tied one.features_ps_v1 [0]",
    ]);
    expect(summary.max_difference).toBeGreaterThan(1.9e-4);
  });

  test("generate: a token", async () => {
    const fixtures = modelFixtures(["text_nosys"]);
    fixtures.json(`${VARIANT}/golden.json`, ({ cases }) => {
      cases.text_nosys.generated[0][23]++;
    });
    const { failures } = await fixtures.verify("generate");
    expect(failures.map(({ check }) => check)).toContain("tiny-1b-tied text_nosys generated [0][23]");
  });

  test("batch: a token, a padding", async () => {
    const fixtures = modelFixtures(["batch"]);
    fixtures.json(`${VARIANT}/golden.json`, ({ cases }) => {
      cases.batch.input_ids[0][0]++;
      cases.batch.generated_text[0] += "!";
    });
    const { failures, passed } = await fixtures.verify("batch");
    expect(failures.map(({ check }) => check)).toEqual([
      "tiny-1b-tied batch input_ids [0][0]",
      expect.stringMatching(/^tiny-1b-tied batch generated_text \[0\]/),
    ]);
    expect(passed).toBeGreaterThan(0);
  });

  test("convert: an id that the tokenizer does not have so", async () => {
    const fixtures = modelFixtures(["one"]);
    fixtures.json(`${VARIANT}/golden.json`, ({ token_ids }) => {
      token_ids["<img>"]++;
    });
    const { failures, passed } = await fixtures.verify("convert");
    expect(failures.map(({ check }) => check.replace(/^tiny-1b-tied \S+ /, ""))).toEqual(
      Array(5).fill("ids of image tokens <img>"),
    );
    expect(passed).toBeGreaterThan(0);
  });
});

test("what is not there is a skip with its reason", async () => {
  const fixtures = new ChangedFixtures(["grids.json"]);
  const { passed, failed, skip_reasons } = await fixtures.verify("decode");
  expect({ passed, failed, skip_reasons }).toEqual({ passed: 0, failed: 0, skip_reasons: { "no images.json": 1 } });
});

test("a checkpoint that does not convert is a failure", async () => {
  const fixtures = modelFixtures(["one"]);
  fixtures.json(`${VARIANT}/config.json`, ({ llm_config }) => {
    llm_config.hidden_size *= 2;
  });
  const { failed, passed } = await fixtures.verify("convert");
  expect({ failed, passed }).toEqual({ failed: 5, passed: 0 });
});
