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

/** Only these cases of sampling/, and the loss of the first checkpoint. */
function samplingFixtures(processors: readonly string[], models: readonly string[]): ChangedFixtures {
  const fixtures = new ChangedFixtures(["sampling", "tiny"]);
  const keep = (names: readonly string[]) => (json: { cases: { name: string }[] }) => {
    json.cases = json.cases.filter(({ name }) => names.includes(name));
  };
  fixtures.json("sampling/processors.json", keep(processors));
  fixtures.json("sampling/models.json", keep(models));
  fixtures.json("sampling/loss.json", (json) => {
    json.cases.splice(models.length === 0 ? 0 : 1);
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

  test("sampling: a score of a table, a token, a reason, a logit, a beam, a loss", async () => {
    const fixtures = samplingFixtures(["temperature-1", "forced_bos_token_id-1"], ["greedy-batch", "beams-true-end"]);
    fixtures.tensor("sampling/processors.safetensors", "temperature-1.expected", 1e-6);
    fixtures.tensor("sampling/models.safetensors", "greedy-batch.logits", 2e-4);
    fixtures.tensor("sampling/models.safetensors", "greedy-batch.transition_scores", -1e-2);
    fixtures.tensor("sampling/models.safetensors", "beams-true-end.sequences_scores", 1e-2);
    fixtures.json("sampling/models.json", ({ cases: [greedy, beams] }) => {
      greedy.expected.sequences[0][greedy.input_ids[0].length]++;
      greedy.expected.finish_reasons[0] = "stop_string";
      beams.expected.beam_indices[0][1] ^= 1;
    });
    fixtures.json("sampling/loss.json", ({ cases: [row] }) => {
      row.weighted_loss += 2e-4;
    });
    const { failures, passed } = await fixtures.verify("sampling");
    expect(failures.map(({ check }) => check.replace(/^tiny-\S+ | tiny-\S+/, ""))).toEqual([
      "temperature-1 [0]",
      expect.stringMatching(/^greedy-batch sequences \[0\]\[\d+\]$/),
      "greedy-batch finish_reasons [0]",
      "greedy-batch logits [0]",
      "greedy-batch transition_scores [0]",
      "beams-true-end beam_indices [0][1]",
      "beams-true-end sequences_scores [0]",
      "weighted loss [0]",
    ]);
    expect(passed).toBeGreaterThan(0);
  });

  test("sampling: a token that is ruled out on one side only", async () => {
    const fixtures = samplingFixtures(["suppress_tokens-1"], []);
    fixtures.tensor("sampling/processors.safetensors", "suppress_tokens-1.expected", Number.NEGATIVE_INFINITY);
    const { failures } = await fixtures.verify("sampling");
    expect(failures).toMatchObject([{ check: "suppress_tokens-1 [0]", expected: "-Infinity" }]);
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

test("sampling: the repository's own data where a directory has none, and a skip where a checkpoint is missing", async () => {
  const without = await new ChangedFixtures(["grids.json"]).verify("sampling");
  expect(without.notes).toEqual([expect.stringContaining("the repository's own data")]);
  expect(without.failures).toEqual([]);
  expect(without.passed).toBeGreaterThan(0);

  const fixtures = samplingFixtures(["suppress_tokens-1"], ["greedy"]);
  fixtures.json("sampling/models.json", ({ cases: [row] }) => {
    row.checkpoint = "tiny-none";
  });
  const { failed, skip_reasons } = await fixtures.verify("sampling");
  expect({ failed, skip_reasons }).toEqual({ failed: 0, skip_reasons: { "tiny-none is not here": 1 } });
});

test("a checkpoint that does not convert is a failure", async () => {
  const fixtures = modelFixtures(["one"]);
  fixtures.json(`${VARIANT}/config.json`, ({ llm_config }) => {
    llm_config.hidden_size *= 2;
  });
  const { failed, passed } = await fixtures.verify("convert");
  expect({ failed, passed }).toEqual({ failed: 5, passed: 0 });
});
