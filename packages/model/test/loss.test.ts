import { readFileSync } from "node:fs";
import { Tensor } from "@internvl/core";
import type { ForwardInputs, InternVL2_5ForConditionalGeneration } from "@internvl/model";
import type { InternVL2_5Processor } from "@internvl/processor";
import { describe, expect, it } from "vitest";
import { NextTokenLoss } from "../src/engine/loss.js";
import { square, withDemo } from "./demo.js";

interface LossCase {
  name: string;
  /** `[batch][length][vocabulary]` */
  logits: number[][][];
  labels: number[][];
  loss_weight?: number[][];
  /** Null for NaN, which JSON has none for. */
  loss: number | null;
}

const { vocabulary, cases } = JSON.parse(readFileSync(new URL("fixtures/loss.json", import.meta.url), "utf8")) as {
  vocabulary: number;
  cases: LossCase[];
};

/** The logits of positions `start` to before `end`. */
function piece(logits: number[][][], start: number, end: number): Tensor {
  const part = logits.map((row) => row.slice(start, end));
  return new Tensor("float32", Float32Array.from(part.flat(2)), [part.length, end - start, vocabulary]);
}

describe("the loss of next tokens", () => {
  it.each(cases)("is torch's: $name", ({ logits, labels, loss_weight, loss }) => {
    const length = labels[0]!.length;
    for (const size of [length, 4, 1]) {
      const sum = new NextTokenLoss({ labels, loss_weight }, [labels.length, length], vocabulary);
      for (let start = 0; start < length; start += size) {
        sum.add(piece(logits, start, Math.min(start + size, length)), start);
      }
      if (loss === null) expect(sum.value).toBeNaN();
      else expect(Math.abs(sum.value - loss)).toBeLessThan(1e-9 * Math.max(1, loss));
    }
  });

  it("takes tensors", () => {
    const { logits, labels, loss_weight, loss } = cases.find(({ name }) => name === "weights")!;
    const dims = [labels.length, labels[0]!.length] as const;
    const inputs = {
      labels: new Tensor("int64", BigInt64Array.from(labels.flat(), BigInt), dims),
      loss_weight: new Tensor("float32", Float32Array.from(loss_weight!.flat()), dims),
    };
    const sum = new NextTokenLoss(inputs, dims, vocabulary);
    sum.add(piece(logits, 0, dims[1]), 0);
    expect(sum.value).toBeCloseTo(loss!, 9);
  });

  it("refuses labels and weights that cannot be", () => {
    const refuse = (labels: number[][], loss_weight?: number[][]) => () =>
      new NextTokenLoss({ labels, loss_weight }, [2, 2], 9);
    expect(
      refuse([
        [1, 2],
        [3, 9],
      ]),
    ).toThrow(/row 1 at 1.*Expected 0 to 8, or -100.*got 9/s);
    expect(
      refuse([
        [-1, 2],
        [3, 4],
      ]),
    ).toThrow(/row 0 at 0/);
    expect(refuse([[1, 2]])).toThrow(/labels does not fit.*\[2, 2\].*got \[1, 2\]/s);
    expect(
      refuse(
        [
          [1, 2],
          [3, 4],
        ],
        [[1], [1]],
      ),
    ).toThrow(/loss_weight does not fit/);
    expect(
      refuse(
        [
          [1, 2],
          [3, 4],
        ],
        [
          [1, 1],
          [1, Number.NaN],
        ],
      ),
    ).toThrow(/loss_weight.*got NaN/s);
  });
});

describe("forward with labels", () => {
  let model: InternVL2_5ForConditionalGeneration;
  let processor: InternVL2_5Processor;

  withDemo((demo) => {
    ({ model, processor } = demo);
  });

  const QUESTION = "<|im_start|>user\n<image>\nDescribe this image.<|im_end|>\n<|im_start|>assistant\n";

  /** `exp` of the mean loss of `answer`'s tokens, given question and picture. */
  async function perplexity(answer: string, image: ReturnType<typeof square>): Promise<number> {
    const prompt = await processor({ text: [QUESTION], images: [image] });
    const whole = await processor({ text: [QUESTION + answer], images: [image] });
    const [ids] = whole.input_ids as number[][];
    const answerStart = (prompt.input_ids as number[][])[0]!.length;
    const labels = [ids!.map((id, at) => (at < answerStart ? -100 : id))];
    const { loss, past_key_values } = await model.forward({ ...whole, labels, logits_to_keep: 1 });
    past_key_values!.dispose();
    return Math.exp(loss!);
  }

  it("is the mean over what the logits say, in one piece or several, kept or not", async () => {
    const inputs = await processor({ text: [`${QUESTION}A red square.`], images: [square(112)] });
    const [ids] = inputs.input_ids as [number[]];
    const labels = [ids.map((id, at) => (at < 10 ? -100 : id))];
    const { logits } = await model.forward(inputs);
    const size = logits.dims[2]!;
    const losses = ids.slice(1).flatMap((id, at) => {
      const row = Array.from((logits.data as Float32Array).subarray(at * size, (at + 1) * size));
      return at + 1 < 10 ? [] : [Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - row[id]!];
    });
    const expected = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const forms: Partial<ForwardInputs>[] = [{}, { logits_to_keep: 1 }, { prefill_chunk_size: 7, logits_to_keep: 9 }];
    for (const form of forms) {
      const output = await model.forward({ ...inputs, labels, ...form });
      expect(Math.abs(output.loss! - expected)).toBeLessThan(1e-5);
      expect(output.logits.dims[1]).toBe(form.logits_to_keep ?? ids.length);
      const last = logits.data.slice(-size) as Float32Array;
      const got = output.logits.data.slice(-size) as Float32Array;
      expect(got.reduce((most, value, i) => Math.max(most, Math.abs(value - last[i]!)), 0)).toBeLessThan(1e-4);
    }
    expect((await model.forward(inputs)).loss).toBeUndefined();
    const none = await model.forward({ ...inputs, labels: [ids.map(() => -100)] });
    expect(none.loss).toBeNaN();
  });

  it("weighs labels", async () => {
    const input_ids = [[11, 12, 13, 14]];
    const each = [];
    for (const at of [1, 2, 3]) {
      const labels = [[11, 12, 13, 14].map((id, i) => (i === at ? id : -100))];
      each.push((await model.forward({ input_ids, labels })).loss!);
    }
    const weighted = await model.forward({ input_ids, labels: input_ids, loss_weight: [[9, 1, 0, 3]] });
    expect(weighted.loss).toBeCloseTo((each[0]! + 3 * each[2]!) / 4, 5);
    await expect(model.forward({ input_ids, loss_weight: [[1, 1, 1, 1]] })).rejects.toMatchObject({
      code: "INPUT_INVALID",
    });
  });

  it("gives the perplexity of a text for a picture: low for what is in it", async () => {
    const red = square(112);
    const blue = square(112, [40, 75, 215]);
    const inputs = await processor({ text: [QUESTION], images: [red] });
    const [ids] = await model.generate({ ...inputs, max_new_tokens: 24 });
    const answer = processor.decode(ids!.slice((inputs.input_ids as number[][])[0]!.length), {
      skip_special_tokens: true,
    });
    expect(answer).toContain("red");
    const right = await perplexity(answer, red);
    expect(right).toBeGreaterThan(1);
    expect(right).toBeLessThan(2);
    expect(await perplexity(answer, blue)).toBeGreaterThan(2 * right);
    expect(await perplexity(answer.replace("red", "blue"), red)).toBeGreaterThan(2 * right);
  });
});
