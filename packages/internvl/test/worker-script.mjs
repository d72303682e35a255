// Run by example.test.ts: the built package, with a model in a real thread.
import { InternVL2_5ForConditionalGeneration, InternVL2_5Processor } from "internvl";

const [converted, picture] = process.argv.slice(2);
const processor = await InternVL2_5Processor.from_pretrained(converted);
const inputs = await processor({ text: ["<image>\nDescribe this image."], images: [picture] });

const local = await InternVL2_5ForConditionalGeneration.from_pretrained(converted);
const here = await local.generate({ ...inputs, max_new_tokens: 16 });
await local.dispose();

const model = await InternVL2_5ForConditionalGeneration.from_pretrained(converted, { worker: true });
const stages = [];
const progress_callback = ({ stage }) => {
  if (stages.at(-1) !== stage) stages.push(stage);
};
const there = await model.generate({ ...inputs, max_new_tokens: 16, progress_callback });
stages.push("generated");

// The third token arrives here while the thread writes on, and stops it.
const controller = new AbortController();
let steps = 0;
const streamer = { put: () => void (++steps === 4 && controller.abort()), end: () => {} };
const long = { ...inputs, max_new_tokens: 1000, eos_token_id: null, streamer, signal: controller.signal };
const aborted = await model.generate(long).then(
  () => ({ name: "none" }),
  ({ name, code, partial }) => ({ name, code, tokens: partial.sequences[0].length - inputs.input_ids[0].length }),
);
await model.dispose();
process.stdout.write(JSON.stringify({ here, there, stages, aborted }));
