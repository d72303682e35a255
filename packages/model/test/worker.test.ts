import type { Runtime, WorkerPort } from "@internvl/core";
import { slice_prompt, TextIteratorStreamer } from "@internvl/generation";
import { hostModel } from "@internvl/model";
import { nodeRuntime } from "@internvl/runtime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertDemo, loadDemo, square } from "./demo.js";

/** Both ends of a channel in one thread. Messages are cloned, as between threads: nothing but data gets through. */
function channel(): { client: WorkerPort; host: WorkerPort; crash: (error: unknown) => void } {
  const { port1, port2 } = new MessageChannel();
  let crash: (error: unknown) => void = () => {};
  const end = (port: MessagePort): WorkerPort => ({
    postMessage: (message, transfer = []) => port.postMessage(message, [...transfer]),
    onMessage: (listener) => {
      port.onmessage = ({ data }) => listener(data);
    },
    onError: (listener) => {
      crash = listener;
    },
    close: async () => port.close(),
  });
  return { client: end(port1), host: end(port2), crash: (error) => crash(error) };
}

let demo: Awaited<ReturnType<typeof convertDemo>>;
let lastChannel: ReturnType<typeof channel>;
const runtime: Runtime = {
  ...nodeRuntime,
  async spawnModelWorker() {
    lastChannel = channel();
    hostModel(lastChannel.host, nodeRuntime);
    return lastChannel.client;
  },
};

beforeAll(async () => {
  demo = await convertDemo();
});
afterAll(() => demo.remove());

describe("{ worker: true }", () => {
  it("gives the same answers, features, logits, stream and progress as without", async () => {
    const here = await loadDemo(demo.directory);
    const there = await loadDemo(demo.directory, { runtime, worker: true });
    const inputs = await here.processor({ text: ["<image>\nDescribe this image."], images: [square(224)] });

    const expected = await here.model.generate({ ...inputs, max_new_tokens: 12 });
    const streamer = new TextIteratorStreamer(here.processor.tokenizer, { skip_prompt: true });
    const stages: string[] = [];
    const progress_callback = (info: { stage: string }) => stages.push(info.stage);
    const running = there.model.generate({ ...inputs, max_new_tokens: 12, streamer, progress_callback });
    let text = "";
    for await (const piece of streamer) text += piece;
    expect(await running).toEqual(expected);
    expect(text).toBe(here.processor.decode(slice_prompt(expected, inputs.input_ids as number[][])[0]!));
    expect(stages).toEqual(["vision", "vision", "prefill"]);

    // The caller's pixels are still there for the next question.
    const features = await there.model.get_image_features(inputs.pixel_values!);
    expect(features.data).toEqual((await here.model.get_image_features(inputs.pixel_values!)).data);
    const { logits, past_key_values } = await there.model.forward(inputs);
    expect(logits.data).toEqual((await here.model.forward(inputs)).logits.data);
    expect(past_key_values).toBeUndefined();
    const labels = inputs.input_ids;
    const loss_weight = (labels as number[][]).map((row) => row.map((_, at) => at % 3));
    const weighted = { ...inputs, labels, loss_weight, logits_to_keep: 1 };
    expect((await there.model.forward(weighted)).loss).toBe((await here.model.forward(weighted)).loss);
    await there.model.dispose();
    await here.model.dispose();
  });

  it("aborts between two tokens with the answer so far", async () => {
    const { model, processor } = await loadDemo(demo.directory, { runtime, worker: true });
    const inputs = await processor({ text: ["<image>\nDescribe this image."], images: [square(112)] });
    const controller = new AbortController();
    let steps = 0;
    const streamer = { put: () => void (++steps === 4 && controller.abort()), end: () => {} };
    const running = model.generate({
      ...inputs,
      max_new_tokens: 400,
      eos_token_id: null,
      streamer,
      signal: controller.signal,
    });
    const error = await running.catch((reason) => reason);
    expect(error.name).toBe("AbortError");
    const answered = error.partial.sequences[0].length - (inputs.input_ids as number[][])[0]!.length;
    expect(answered).toBeGreaterThanOrEqual(3);
    expect(answered).toBeLessThan(400);
    await model.dispose();
  });

  it("brings typed errors across, from the model and from the caller's own callback", async () => {
    const { model } = await loadDemo(demo.directory, { runtime, worker: true });
    await expect(model.generate({ input_ids: [[99_999]] })).rejects.toMatchObject({ code: "INPUT_INVALID" });
    const streamer = {
      put: () => {
        throw new RangeError("mine");
      },
      end: () => {},
    };
    await expect(model.generate({ input_ids: [[1]], streamer })).rejects.toThrow(RangeError);
    expect(await model.generate({ input_ids: [[1]], max_new_tokens: 1 })).toHaveLength(1);
    const logits_processor = [() => {}];
    await expect(model.generate({ input_ids: [[1]], logits_processor })).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await model.dispose();
    await expect(model.forward({ input_ids: [[1]] })).rejects.toMatchObject({ code: "RELEASED" });
  });

  it("ends what is waiting when the worker dies", async () => {
    const { model } = await loadDemo(demo.directory, { runtime, worker: true });
    const streamer = new TextIteratorStreamer({ decode: () => "" });
    const running = model.generate({ input_ids: [[1]], max_new_tokens: 500, eos_token_id: null, streamer });
    lastChannel.crash(new Error("out of memory"));
    await expect(running).rejects.toMatchObject({ code: "WORKER_FAILED" });
    await expect(streamer.next()).rejects.toMatchObject({ code: "WORKER_FAILED" });
  });

  it("needs threads and a name that the worker can open", async () => {
    await expect(loadDemo(demo.directory, { worker: true })).rejects.toThrow(/runtime "node", which has none/);
  });
});
