import { cpSync, mkdirSync } from "node:fs";
import { relative, resolve } from "node:path";
import { rewriteCheckpoint } from "@internvl/convert";
import { openDirectorySink } from "@internvl/runtime-node";
import type { GoldenFolder } from "../golden/folder.js";
import { checkpointFiles, findVariants, isRunnable, type RunnableVariant } from "../golden/variants.js";
import { SCRIPTS } from "../paths.js";
import { temporaryFolder } from "../temporary-folder.js";
import { type PythonRun, runPython } from "./python.js";

/**
 * Lets Transformers' `generate` run on the checkpoints of a directory, and writes what it answers to `OUT/sampling`.
 *
 * @param out gets copies of the checkpoints and their pictures as well, unless it is the directory itself
 * @param seed an integer of at least 0
 */
export async function writeSampling(
  python: string,
  golden: GoldenFolder,
  out: string,
  seed: string,
): Promise<PythonRun> {
  const variants = (await findVariants(golden)).filter(isRunnable);
  if (variants.length === 0) return { ok: false, output: `${golden.name} has no checkpoints under tiny/` };
  const workspace = temporaryFolder();
  try {
    for (const variant of variants) {
      const sink = await openDirectorySink(`${workspace.path}/${variant.name}`);
      await rewriteCheckpoint(checkpointFiles(golden, variant), sink, { to: "transformers" });
    }
    if (relative(resolve(golden.name), resolve(out)) !== "") copyCheckpoints(golden, variants, out);
    return runPython(python, [
      `${SCRIPTS}/sampling.py`,
      `${out}/sampling`,
      ...["--seed", seed, "--golden", golden.name, "--converted", workspace.path],
    ]);
  } finally {
    workspace.remove();
  }
}

/** As much of a directory as its checkpoints can be checked with. */
function copyCheckpoints(golden: GoldenFolder, variants: readonly RunnableVariant[], out: string): void {
  const folders = new Set(variants.flatMap(({ name, golden: { tokenizer } }) => [name, tokenizer]));
  const pictures = variants.flatMap(({ golden: { cases } }) => Object.values(cases).flatMap((row) => row.pixel_inputs));
  const files = [...new Set(pictures)].map((name) => `inputs/${name}.png`);
  mkdirSync(`${out}/tiny/inputs`, { recursive: true });
  for (const path of [...folders, ...files]) {
    if (golden.has(`tiny/${path}`)) {
      cpSync(golden.localPath(`tiny/${path}`), `${out}/tiny/${path}`, { recursive: true });
    }
  }
}
