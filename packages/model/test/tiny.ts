import { readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { convertCheckpoint } from "@internvl/convert";
import { MemoryFolder } from "@internvl/core";
import { InternVL2_5Processor } from "@internvl/processor";
import { nodeRuntime, openDirectorySink } from "@internvl/runtime-node";

/** The small random checkpoints of the reference data. */
const TINY = fileURLToPath(new URL("../../../tooling/verify/fixtures/tiny/", import.meta.url));

/** Where the pictures of their cases lie, one tile each. */
export const PICTURES = join(TINY, "inputs");

/** The numbers of a checkpoint. */
export function goldenOf<Value>(variant: string): Value {
  return JSON.parse(readFileSync(join(TINY, variant, "golden.json"), "utf8")) as Value;
}

/** A checkpoint of OpenGVLab's form with its tokenizer. */
export function tinyCheckpoint(variant: string): MemoryFolder {
  const { tokenizer } = goldenOf<{ tokenizer: string }>(variant);
  return filesOf([tokenizer, variant]);
}

/** It, converted in fp32. */
export async function convertTiny(variant: string): Promise<{ directory: string; remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "internvl-tiny-"));
  await convertCheckpoint(tinyCheckpoint(variant), await openDirectorySink(directory), { dtype: "fp32" });
  return { directory, remove: () => rm(directory, { recursive: true }) };
}

/** The same checkpoint's other files in the dialect of merged Transformers. */
export function mergedFiles(variant: string): MemoryFolder {
  return filesOf([`${variant}/hf`]);
}

export async function mergedProcessor(variant: string): Promise<InternVL2_5Processor> {
  return InternVL2_5Processor.from_pretrained(mergedFiles(variant), { runtime: nodeRuntime });
}

/** Folders as one; files of later ones go before those of earlier ones. */
function filesOf(folders: readonly string[]): MemoryFolder {
  const files: Record<string, Uint8Array> = {};
  for (const folder of folders) {
    for (const name of readdirSync(join(TINY, folder))) {
      const path = join(TINY, folder, name);
      if (statSync(path).isFile()) files[name] = new Uint8Array(readFileSync(path));
    }
  }
  return new MemoryFolder(files, folders.join(" + "));
}
