import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InternVL2_5ForConditionalGeneration } from "internvl";
import { expect, it, vi } from "vitest";
import { ID, sha256 } from "../../../runtime-node/test/hub/fake-hub.js";
import { found, reason, runScript } from "../../../runtime-node/test/hub/python.js";
import { DEMO } from "../workspace.js";
import { setting } from "./setting.js";

const PATHS = ["config.json", "tokenizer.json", "model.safetensors"];

it.runIf(found)("Python's huggingface_hub finds what a first start has downloaded", async () => {
  const here = await setting();
  for (const [name, value] of Object.entries(here.env)) vi.stubEnv(name, value);
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(ID);
  await model.dispose();
  vi.unstubAllEnvs();
  here.hub.log.length = 0;
  const { files } = await runScript(["ours", "--repo", ID, ...PATHS], join(here.root, "hf", "hub"));
  for (const path of PATHS) expect(files[path]?.sha256).toBe(sha256(await readFile(join(DEMO, path))));
  expect(here.hub.log).toEqual([]);
});

it.runIf(!found)(`NOT CHECKED with Python's huggingface_hub after a first start: ${reason}`, ({ annotate }) =>
  annotate(`Set INTERNVL_PYTHON to a Python that has huggingface_hub to check this: ${reason}`, "warning"),
);
