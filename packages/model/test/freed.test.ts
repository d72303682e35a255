import type { Session, Tensor } from "@internvl/core";
import { nodeRuntime } from "@internvl/runtime-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { convertDemo, loadDemo } from "./demo.js";

/** What the decoder returned, run by run. */
const runs: { count: number; outputs: Record<string, Tensor> }[] = [];

/** A runtime whose decoder's outputs can be looked at after a call. */
const { inference } = nodeRuntime;
const createSession: typeof inference.createSession = async (graph, options) => {
  const session = await inference.createSession(graph, options);
  if (!("path" in graph && graph.path.includes("decoder"))) return session;
  const run: Session["run"] = async (feeds, options) => {
    const outputs = await session.run(feeds, options);
    runs.push({ count: feeds["inputs_embeds"]!.dims[1]!, outputs });
    return outputs;
  };
  return { inputs: session.inputs, outputs: session.outputs, run, release: () => session.release() };
};
const runtime = { ...nodeRuntime, inference: { ...inference, createSession } };

const isFreed = (tensor: Tensor | undefined) => (tensor!.data as Float32Array).length === 0;
const prompt = (length: number) => Array.from({ length }, (_, index) => 5 + ((index * 7) % 200));

let demo: Awaited<ReturnType<typeof convertDemo>>;
let model: Awaited<ReturnType<typeof loadDemo>>["model"];

beforeAll(async () => {
  demo = await convertDemo();
  model = (await loadDemo(demo.directory, { runtime })).model;
});
beforeEach(() => {
  runs.length = 0;
});
afterAll(async () => {
  await model.dispose();
  await demo.remove();
});

/** Greedy, by `forward`, which frees nothing that it returns. */
async function byForward(input_ids: readonly number[], count: number): Promise<number[]> {
  const row = [...input_ids];
  for (let step = 0; step < count; step++) {
    const { logits } = await model.forward({ input_ids: [row], logits_to_keep: 1 });
    const scores = [...(logits.data as Float32Array)];
    row.push(scores.indexOf(Math.max(...scores)));
  }
  return row;
}

describe("memory of the decoder's outputs", () => {
  it("is given back: the logits of a step with the next one, keys and values of a piece once they are copied", async () => {
    const input_ids = [prompt(50)];
    const args = { input_ids, max_new_tokens: 6, eos_token_id: null, prefill_chunk_size: 20 };
    const answer = await model.generate(args);
    expect(runs.map(({ count }) => count)).toEqual([20, 20, 10, 1, 1, 1, 1, 1]);
    // Those after the prompt are the caller's first scores; nothing comes after the last step.
    const kept = runs.map(({ outputs }) => !isFreed(outputs["logits"]));
    expect(kept).toEqual([false, false, true, false, false, false, false, true]);
    for (const { count, outputs } of runs) {
      const columns = Object.keys(outputs).filter((name) => name.startsWith("new_key_values."));
      expect(columns.length).toBeGreaterThan(0);
      for (const name of columns) expect(isFreed(outputs[name])).toBe(count > 1);
    }
    expect(answer[0]).toEqual(await byForward(input_ids[0]!, 6));
  });

  it("is given back of rows that share a run, and each has read its own before", async () => {
    const prompts = [prompt(20), prompt(33), prompt(41)];
    const answers = await Promise.all(
      prompts.map((row, index) => {
        return model.generate({ input_ids: [row], max_new_tokens: 4 + index, eos_token_id: null });
      }),
    );
    const shared = runs.filter(({ outputs }) => outputs["logits"]!.dims[0]! > 1);
    expect(shared.length).toBeGreaterThan(2);
    expect(shared.slice(0, -1).every(({ outputs }) => isFreed(outputs["logits"]))).toBe(true);
    for (const [index, row] of prompts.entries()) expect(answers[index]![0]).toEqual(await byForward(row, 4 + index));
  });

  it("stays where the caller has it: what forward returns", async () => {
    const { logits, past_key_values } = await model.forward({ input_ids: [prompt(30)], prefill_chunk_size: 8 });
    const before = (logits.data as Float32Array).slice();
    await model.generate({ input_ids: [prompt(30)], max_new_tokens: 3, eos_token_id: null });
    expect(logits.data).toEqual(before);
    past_key_values?.dispose();
  });
});
