// Run by processes.test.ts: the built package loads a model in a worker thread and answers. Prints one line of JSON.
import { InternVL2_5ForConditionalGeneration, InternVL2_5Processor } from "internvl";

const [model_id, picture] = process.argv.slice(2);
const reports = [];
const progress_callback = (info) => {
  reports.push(info);
  if (info.stage === "cache" && info.loaded === 0) process.stderr.write("converting\n");
};

const model = await InternVL2_5ForConditionalGeneration.from_pretrained(model_id, { worker: true, progress_callback });
const processor = await InternVL2_5Processor.from_pretrained(model_id);
const inputs = await processor({ text: ["<image>\nDescribe this image."], images: [picture] });
const ids = await model.generate({ ...inputs, max_new_tokens: 16 });
await model.dispose();
process.stdout.write(JSON.stringify({ ids, reports }));
