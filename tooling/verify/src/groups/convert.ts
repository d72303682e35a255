import { DTYPES, type Dtype, GRAPHS, graphPath, resolveDtypes } from "@internvl/config";
import { type RunnableVariant, runnableVariants } from "../golden/variants.js";
import { logitsAt, type Models, runForward } from "../models.js";
import { cosine } from "../statistics.js";
import type { Group, GroupContext } from "./group.js";

/** What stands beside the graphs in a converted folder. */
const FILES: readonly string[] = [
  "config.json",
  "generation_config.json",
  "preprocessor_config.json",
  "processor_config.json",
  "chat_template.jinja",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "video_preprocessor_config.json",
];

/** Checkpoints become folders that load and run, in every dtype. */
export const convert: Group = async ({ golden, models, platform, report }) => {
  const lowest = new Map<Dtype, number>();
  for (const variant of await runnableVariants({ golden, platform, report })) {
    for (const dtype of DTYPES) {
      const check = `${variant.name} ${dtype}`;
      await report.attempt(check, async () => {
        await checkFolder({ models, platform, report }, variant, dtype);
        const similarity = await compareWithFp32(models, variant, dtype);
        if (Number.isFinite(similarity)) report.pass();
        else report.fail(`${check} logits`, "finite numbers", String(similarity));
        lowest.set(dtype, Math.min(lowest.get(dtype) ?? 1, similarity));
      });
    }
  }
  const cosines = [...lowest]
    .filter(([dtype]) => dtype !== "fp32")
    .map(([dtype, value]) => `${dtype} ${value.toFixed(4)}`);
  if (cosines.length > 0) report.note(`lowest cosine of logits to fp32: ${cosines.join(", ")}`);
};

async function checkFolder(
  { models, platform, report }: Omit<GroupContext, "golden">,
  variant: RunnableVariant,
  dtype: Dtype,
): Promise<void> {
  const check = `${variant.name} ${dtype}`;
  const { folder, conversion } = await models.convert(variant, dtype);
  const dtypes = resolveDtypes(dtype);
  const graphs = GRAPHS.map((graph) => graphPath(graph, dtypes[graph]));
  const written = (await (await platform.runtime.files.open(folder)).list()).filter(
    (path) => !path.endsWith(".onnx_data"),
  );
  report.same(`${check} files`, written, [...FILES, ...graphs].sort());

  const { token_ids } = variant.golden;
  const { image_token_id, image_start_token_id, image_end_token_id } = conversion.config;
  const ids = { "<IMG_CONTEXT>": image_token_id, "<img>": image_start_token_id, "</img>": image_end_token_id };
  const expected = Object.fromEntries(Object.keys(ids).map((token) => [token, token_ids[token]]));
  report.same(`${check} ids of image tokens`, ids, expected);
}

/** The cosine of the last logits of a case with a picture, the shortest; NaN when a logit is not finite. */
async function compareWithFp32(models: Models, variant: RunnableVariant, dtype: Dtype): Promise<number> {
  const [caseName, golden] = Object.entries(variant.golden.cases)
    .filter(([, { pixel_inputs }]) => pixel_inputs.length > 0)
    .sort(([, a], [, b]) => a.input_ids.flat().length - b.input_ids.flat().length)[0]!;
  const last = golden.input_ids[0]!.length - 1;
  const reference = await models.forward(variant, caseName);
  const model = await models.model(variant, dtype);
  const { logits } = await runForward(model, await models.inputs(variant, golden));
  return cosine(logitsAt(logits, 0, last), logitsAt(reference.logits, 0, last));
}
