import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CACHE_DTYPES, DTYPES } from "internvl";
import { convertDemo } from "./accuracy/answer.js";
import { readQuestions } from "./accuracy/heldout.js";
import { asDtype, asLimit } from "./accuracy/options.js";
import { type Asked, measureLosses } from "./losses/ask.js";
import { lossTable } from "./losses/table.js";
import { DEMO_MODEL, HELDOUT } from "./paths.js";
import { runProgram } from "./program.js";
import { temporaryFolder } from "./temporary-folder.js";

const DEFAULT_LIMIT = 200;

const USAGE = `Usage: npm run losses -- [--dtype NAME]… [--limit N] [--json FILE]

Asks the demo model questions of its held-out set in several dtypes, with keys and values in float16, and with prompts in
another dtype, and says how far each is from fp32: tokens and answers that are the same, distances of logits, features of pictures, beside size and speed.

  --dtype NAME   ${DTYPES.join(", ")}; may be given several times (default: all)
  --limit N      so many questions, spread over all of them (default ${DEFAULT_LIMIT})
  --json FILE    writes the figures`;

await runProgram(async () => {
  const { values } = parseArgs({
    options: {
      dtype: { type: "string", multiple: true },
      limit: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const wanted = (values.dtype ?? DTYPES).map(asDtype);
  const questions = readQuestions(HELDOUT, asLimit(values.limit) ?? DEFAULT_LIMIT);
  const workspace = temporaryFolder();
  const asked: Asked[] = [];
  for (const dtype of new Set(["fp32" as const, ...wanted])) {
    const directory = `${workspace.path}/${dtype}`;
    asked.push({ name: dtype, dtype, directory, bytes: await convertDemo(DEMO_MODEL, directory, dtype) });
  }
  for (const cache_dtype of CACHE_DTYPES.filter((each) => each !== "float32")) {
    const name = `fp32, cache ${cache_dtype}`;
    const directory = `${workspace.path}/${cache_dtype}`;
    const bytes = await convertDemo(DEMO_MODEL, directory, "fp32", cache_dtype);
    asked.push({ name, dtype: "fp32", directory, bytes });
  }
  const directory = `${workspace.path}/prompts`;
  const bytes = await convertDemo(DEMO_MODEL, directory, ["q4", "int8"]);
  asked.push({ name: "q4, prompts int8", dtype: "q4", prompt_dtype: "int8", directory, bytes });
  const losses = await measureLosses(asked, questions, (answered) => showProgress(answered, questions.length));
  workspace.remove();
  console.log(lossTable(losses));
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ questions: questions.length, losses }, null, 2)}\n`);
  }
  return 0;
});

/** On a terminal only: elsewhere the table is all there is to say. */
function showProgress(answered: number, all: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${answered} of ${all}${answered === all ? "\n" : ""}`);
}
