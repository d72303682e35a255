import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { rewriteCheckpoint } from "@internvl/convert";
import { setDefaultRuntime } from "@internvl/core";
import { DirectoryFiles, nodeRuntime, openDirectorySink } from "@internvl/runtime-node";
import type { GoldenFolder } from "./golden/folder.js";
import { checkpointFiles, findVariants, isRunnable, type RunnableVariant } from "./golden/variants.js";
import { FIXTURES, SCRIPTS } from "./paths.js";
import { openGolden } from "./platform/node.js";
import { runProgram } from "./program.js";
import { missingModules, type PythonRun, runPython } from "./reference/python.js";
import { writeSampling } from "./reference/sampling.js";
import { temporaryFolder } from "./temporary-folder.js";

const MODULES = ["torch", "transformers", "safetensors", "PIL"];

const USAGE = `Usage: npm run reference -- [DIR] [--python PATH] [--if-available]
       npm run reference -- sampling [DIR] [--seed N] [--out OUT] [--python PATH]

Writes every checkpoint of DIR (default: the fixtures of the repository) in the dialect of Transformers, and lets
Transformers load it and compute the numbers that DIR has of the original code. Then merges a random LoRA adapter of every
linear layer, and compares with PEFT's merge.

With "sampling", Transformers' generate runs on the checkpoints of DIR, and OUT/sampling gets what it answered, for the
group "sampling" of "npm run verify -- OUT".

  --python PATH    with ${MODULES.join(", ")}, and peft but for "sampling" (default: INTERNVL_PYTHON, or python3)
  --if-available   where such a Python is missing, say so and pass
  --seed N         of everything random in OUT/sampling (default: 1)
  --out OUT        default: DIR. Another folder gets copies of the checkpoints as well`;

await runProgram(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      python: { type: "string", default: process.env["INTERNVL_PYTHON"] || "python3" },
      "if-available": { type: "boolean" },
      seed: { type: "string", default: "1" },
      out: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (!/^\d+$/.test(values.seed)) throw new Error(`--seed is an integer of at least 0, not ${values.seed}`);
  const isSampling = positionals[0] === "sampling";
  const modules = isSampling ? MODULES : [...MODULES, "peft"];
  const missing = missingModules(values.python, modules);
  if (missing !== undefined) {
    console.log(`NOT CHECKED against Transformers: ${values.python} does not have ${modules.join(", ")} (${missing})`);
    return values["if-available"] ? 0 : 1;
  }
  setDefaultRuntime(nodeRuntime);
  const directory = resolve((isSampling ? positionals[1] : positionals[0]) ?? FIXTURES);
  const golden = await openGolden(directory);
  if (!isSampling) return checkDialects(values.python, golden);
  const { ok, output } = await writeSampling(values.python, golden, resolve(values.out ?? directory), values.seed);
  console.log(output);
  return ok ? 0 : 1;
});

async function checkDialects(python: string, golden: GoldenFolder): Promise<number> {
  const variants = (await findVariants(golden)).filter(isRunnable);
  let failed = variants.length === 0 ? 1 : 0;
  for (const variant of variants) {
    for await (const { ok, output } of checkVariant(python, golden, variant)) {
      console.log(`${variant.name}: ${output}`);
      if (!ok) failed++;
    }
  }
  return failed > 0 ? 1 : 0;
}

async function* checkVariant(
  python: string,
  golden: GoldenFolder,
  variant: RunnableVariant,
): AsyncGenerator<PythonRun> {
  const workspace = temporaryFolder();
  try {
    const [folder, adapter, merged] = ["model", "adapter", "merged"].map((name) => `${workspace.path}/${name}`);
    const source = checkpointFiles(golden, variant);
    await rewriteCheckpoint(source, await openDirectorySink(folder!), { to: "transformers" });
    yield loadsInTransformers(python, golden, variant, folder!);

    const made = runPython(python, [`${SCRIPTS}/make_adapter.py`, folder!, adapter!]);
    if (!made.ok) return yield made;
    const adapters = [{ files: new DirectoryFiles(adapter!), weight: 0.75 }];
    await rewriteCheckpoint(source, await openDirectorySink(merged!), { to: "transformers", adapters });
    const { ok, output } = runPython(python, [
      `${SCRIPTS}/lora.py`,
      folder!,
      merged!,
      `${adapter}=0.75`,
      ...tolerance(variant),
    ]);
    yield { ok, output: `merged as by PEFT: ${output}` };
  } finally {
    workspace.remove();
  }
}

function loadsInTransformers(
  python: string,
  golden: GoldenFolder,
  variant: RunnableVariant,
  folder: string,
): PythonRun {
  const strings = `tokenize-tiny-${variant.golden.tokenizer.replace("tokenizer-", "")}.json`;
  return runPython(python, [
    `${SCRIPTS}/dialects.py`,
    folder,
    ...["--golden", golden.localPath(`tiny/${variant.name}`), "--inputs", golden.localPath("tiny/inputs")],
    ...(golden.has(strings) ? ["--tokenizer", golden.localPath(strings)] : []),
  ]);
}

/** Ours rounds a merged weight back to the dtype that it had; PEFT's script merges in float32. */
function tolerance({ config }: RunnableVariant): string[] {
  return config["torch_dtype"] === "bfloat16" ? ["--tolerance", String(2 ** -8)] : [];
}
