import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { originalTensorSpecs, writeSafetensors } from "@internvl/convert";
import { openDirectorySink } from "@internvl/runtime-node";
import { InternVL2_5Config } from "internvl";
import { DEMO } from "./workspace.js";

const FILES = [
  ...["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"],
  ...["vocab.json", "merges.txt", "preprocessor_config.json"],
];
/** The demo model, wider: 37 million weights. */
const WIDE = { hidden_size: 512, intermediate_size: 2048, num_hidden_layers: 4 };
/** Clears the highest bit of a float16's exponent: numbers stay below 2. */
const TAME = 0xbfff;

/** A checkpoint of some tens of MB with random weights, so that every byte of a conversion says where it belongs. */
export async function makeRandomCheckpoint(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  for (const file of FILES) await cp(join(DEMO, file), join(directory, file));
  const demo = JSON.parse(await readFile(join(DEMO, "config.json"), "utf8"));
  const config = {
    ...demo,
    hidden_size: WIDE.hidden_size,
    vision_config: { ...demo.vision_config, ...WIDE },
    llm_config: { ...demo.llm_config, ...WIDE },
  };
  await writeFile(join(directory, "config.json"), JSON.stringify(config));
  let state = 1;
  const tensors = originalTensorSpecs(await InternVL2_5Config.from_pretrained(directory)).map(({ name, shape }) => ({
    name,
    shape,
    dtype: "F16" as const,
    async *bytes() {
      const values = new Uint16Array(shape.reduce((product, size) => product * size, 1));
      for (let i = 0; i < values.length; i++) {
        // A linear congruential generator: any numbers will do.
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        values[i] = (state >>> 16) & TAME;
      }
      yield new Uint8Array(values.buffer);
    },
  }));
  await writeSafetensors(await openDirectorySink(directory), "model.safetensors", tensors);
  return directory;
}
