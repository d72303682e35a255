// Draws answers of the demo model in several versions of Node, which npm brings, and compares them: a seed means the same
// text everywhere. `node same-samples.mjs ANSWERS` is the part that each version runs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, install, root, run } from "./prepare.mjs";

const VERSIONS = [20, 22, 24];
const SEEDS = 20;
const DEMO = join(root, "packages/demo-model");
const PICTURE = join(DEMO, "samples/shapes-square.png");
/** Hot enough that many tokens have a chance, so that a draw that is off anywhere shows. */
const WAYS = [
  { temperature: 2 },
  { temperature: 1.5, top_k: 0, typical_p: 0.8 },
  { temperature: 3, num_beams: 3 },
  { temperature: 3, top_h: 0.9, eta_cutoff: 0.01, num_return_sequences: 3 },
];

if (process.argv[2] === undefined) compareVersions();
else await printAnswers(process.argv[2]);

function compareVersions() {
  install();
  build(["internvl"]);
  const folder = mkdtempSync(join(tmpdir(), "internvl-samples-"));
  try {
    const model = join(folder, "model");
    const convert = join(root, "packages/internvl/dist/bin/convert.js");
    const args = ["--input", DEMO, "--output_dir", model, "--dtype", "q4", "--no-verify"];
    run(process.execPath, [convert, ...args], { quiet: true });
    const answers = VERSIONS.map((version) => answersIn(version, model));
    for (const [index, version] of VERSIONS.entries()) {
      if (answers[index] === answers[0]) continue;
      console.error(`Node ${version} draws otherwise than Node ${VERSIONS[0]}.`);
      process.exitCode = 1;
    }
    if (process.exitCode) return;
    const distinct = new Set(JSON.parse(answers[0]).flat().map(String)).size;
    console.log(`Node ${VERSIONS.join(", ")}: ${WAYS.length * SEEDS} calls of generate, the same ${distinct} texts`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function answersIn(version, model) {
  const script = fileURLToPath(import.meta.url);
  const npx = ["--yes", `--package=node@${version}`, "node", script, model];
  const { status, stdout, stderr } = spawnSync("npx", npx, { cwd: tmpdir(), encoding: "utf8", maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`Node ${version} failed: ${stderr}`);
  return stdout;
}

async function printAnswers(folder) {
  const { InternVL2_5ForConditionalGeneration: Model, InternVL2_5Processor: Processor } = await import(
    pathToFileURL(join(root, "packages/internvl/dist/index.js")).href
  );
  const model = await Model.from_pretrained(folder, { dtype: "q4" });
  const processor = await Processor.from_pretrained(folder);
  const content = [{ type: "image" }, { type: "text", text: "How many shapes are there?" }];
  const text = processor.apply_chat_template([{ role: "user", content }], { add_generation_prompt: true });
  const inputs = await processor({ text, images: PICTURE });
  const answers = [];
  for (const way of WAYS) {
    for (let seed = 0; seed < SEEDS; seed++) {
      const options = { ...way, seed, do_sample: true, min_new_tokens: 16, max_new_tokens: 16 };
      answers.push(await model.generate({ ...inputs, ...options }));
    }
  }
  await model.dispose();
  console.log(JSON.stringify(answers));
}
