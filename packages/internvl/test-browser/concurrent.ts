import { MemoryFolder } from "@internvl/core";
import { expect } from "vitest";
import { recordingRuntime } from "../../model/test/recording-runtime.js";
import { tinyCheckpoint } from "../../runtime-web/test-browser/tiny.js";
import { defaultRuntime, InternVL2_5ForConditionalGeneration } from "../src/browser.js";

/** Concurrent calls in this page: they share runs of the decoder, and give the tokens of each alone. */
export async function expectSharedRuns(device: "wasm" | "webgpu"): Promise<void> {
  const { runtime, runs } = recordingRuntime(defaultRuntime);
  const files = new MemoryFolder(await tinyCheckpoint(), `concurrent-${crypto.randomUUID()}`);
  const settings = { dtype: "fp32", device, runtime, feature_cache: false, prefix_cache: false } as const;
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(files, settings);
  try {
    const calls = [4, 9, 17].map((length) => ({
      input_ids: [Array.from({ length }, (_, at) => 1 + ((at * 37 + length) % 250))],
      max_new_tokens: 24,
      eos_token_id: [],
    }));
    const expected = [];
    for (const call of calls) expected.push(await model.generate(call));
    const alone = runs.length;
    runs.length = 0;
    expect(await Promise.all(calls.map((call) => model.generate(call)))).toEqual(expected);
    expect(Math.max(...runs.map(({ rows }) => rows))).toBeGreaterThan(1);
    expect(runs.length).toBeLessThan(alone);
  } finally {
    await model.dispose();
  }
}
