import { InternVL2_5ForConditionalGeneration, type Tensor } from "internvl";
import { inTurn, timed } from "../measure.js";
import { row } from "../report.js";
import { oneTile } from "../tile.js";
import { type Benchmark, LONG_RUNS, shapeText } from "./benchmark.js";

/** One tile through vision encoder and projector, quantised and not, and how much the features differ. */
export const vision: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "int8";
  const dtypes = dtype === "fp32" ? (["fp32"] as const) : ([dtype, "fp32"] as const);
  const folder = await workspace.converted(["q4", ...dtypes.map((each) => ({ vision_encoder: each }))]);
  const models: InternVL2_5ForConditionalGeneration[] = [];
  for (const each of dtypes) {
    const loading = { dtype: { vision_encoder: each }, threads: options.threads };
    models.push(await InternVL2_5ForConditionalGeneration.from_pretrained(folder, loading));
  }
  try {
    const pixels = await oneTile(models[0]!.config.image_size);
    const encode = models.map((model) => async () => ({
      ms: (await timed(() => model.get_image_features(pixels))).ms,
    }));
    const samples = await inTurn(encode, options.runs ?? LONG_RUNS);
    const reference = row("fp32: a tile", "ms", samples.at(-1)!["ms"]!);
    const setting = {
      shape: shapeText(options),
      tile: `1 of ${pixels.dims[2]} x ${pixels.dims[3]}`,
      weights: "random",
      threads: options.threads ?? "default",
    };
    if (dtype === "fp32") return { benchmark: "vision", setting, rows: [reference] };
    const [features, exact] = await Promise.all(models.map((model) => model.get_image_features(pixels)));
    return {
      benchmark: "vision",
      setting,
      rows: [
        row(`${dtype}: a tile`, "ms", samples[0]!["ms"]!, reference),
        reference,
        row(`${dtype}: features' cosine to fp32`, "", [cosine(features!, exact!)]),
      ],
    };
  } finally {
    for (const model of models) await model.dispose();
  }
};

function cosine(a: Tensor, b: Tensor): number {
  const [left, right] = [a.data as Float32Array, b.data as Float32Array];
  const product = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return product(left, right) / Math.sqrt(product(left, left) * product(right, right));
}
