import { cp, mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { originalTensorSpecs } from "@internvl/convert";
import { InternVL2_5Config } from "internvl";
import { DEMO } from "./workspace.js";

const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"];

/**
 * A checkpoint whose conversion takes seconds: the demo model four times as wide and deep, 300 MB of zeros. They are a
 * hole in the file, which costs neither time nor space.
 */
export async function makeLargeCheckpoint(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  for (const file of [...TOKENIZER_FILES, "preprocessor_config.json"]) {
    await cp(join(DEMO, file), join(directory, file));
  }
  const demo = JSON.parse(await readFile(join(DEMO, "config.json"), "utf8"));
  const wide = { hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 8 };
  const large = {
    ...demo,
    hidden_size: wide.hidden_size,
    vision_config: { ...demo.vision_config, ...wide },
    llm_config: { ...demo.llm_config, ...wide },
  };
  await writeFile(join(directory, "config.json"), JSON.stringify(large));

  const header: Record<string, { dtype: string; shape: readonly number[]; data_offsets: [number, number] }> = {};
  let end = 0;
  for (const { name, shape } of originalTensorSpecs(await InternVL2_5Config.from_pretrained(directory))) {
    const start = end;
    end += 2 * shape.reduce((product, side) => product * side, 1);
    header[name] = { dtype: "F16", shape, data_offsets: [start, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  const file = await open(join(directory, "model.safetensors"), "w");
  await file.write(length);
  await file.write(text);
  await file.truncate(8 + text.length + end);
  await file.close();
  return directory;
}
