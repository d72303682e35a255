import { InternVL2_5ForConditionalGeneration, type Tensor } from "internvl";
import { inTurn, timed } from "../measure.js";
import type { LinePeer } from "../peers/line-peer.js";
import { withPeers } from "../peers/set.js";
import { openvinoPeer, torchPeer } from "../peers/starts.js";
import { type Row, row } from "../report.js";
import { oneTile } from "../tile.js";
import { type Benchmark, LONG_RUNS, NOTHING_KEPT, shapeText } from "./benchmark.js";

/** One tile through vision encoder and projector: quantised and not, and the peers. */
export const vision: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "int8";
  const dtypes = dtype === "fp32" ? (["fp32"] as const) : ([dtype, "fp32"] as const);
  const folder = await workspace.converted(["q4", ...dtypes.map((each) => ({ vision_encoder: each }))]);
  const starts = [
    await openvinoPeer(options, workspace),
    torchPeer(options, "vision", "float32"),
    torchPeer(options, "vision", "bfloat16"),
  ];
  return withPeers(starts, async ({ peers, absent, versions }) => {
    const models: InternVL2_5ForConditionalGeneration[] = [];
    try {
      for (const each of dtypes) {
        const loading = { dtype: { vision_encoder: each }, threads: options.threads, ...NOTHING_KEPT };
        models.push(await InternVL2_5ForConditionalGeneration.from_pretrained(folder, loading));
      }
      const pixels = await oneTile(models[0]!.config.image_size);
      const ours = models.map((model) => async () => ({
        ms: (await timed(() => model.get_image_features(pixels))).ms,
      }));
      const theirs = peers.map((peer) => () => peer.measure({ do: "vision" }));
      const samples = await inTurn([...ours, ...theirs], options.runs ?? LONG_RUNS);
      const names = [...dtypes, ...peers.map(({ name }) => name)];
      const fp32 = row("fp32: a tile", "ms", samples[dtypes.length - 1]!["ms"]!);
      return {
        benchmark: "vision",
        setting: {
          shape: shapeText(options),
          tile: `1 of ${pixels.dims[2]} x ${pixels.dims[3]}`,
          weights: "random",
          threads: options.threads,
          ...versions,
        },
        rows: [
          ...names.map((name, index) =>
            name === "fp32" ? fp32 : row(`${name}: a tile`, "ms", samples[index]!["ms"]!, fp32),
          ),
          ...(await lossRows(dtype, models, pixels)),
          ...(await openvinoLoss(peers)),
        ],
        absent,
      };
    } finally {
      for (const model of models) await model.dispose();
    }
  });
};

/** What quantising costs, beside what it saves. */
async function lossRows(
  dtype: string,
  models: readonly InternVL2_5ForConditionalGeneration[],
  pixels: Tensor,
): Promise<Row[]> {
  if (models.length === 1) return [];
  const [features, exact] = await Promise.all(models.map((model) => model.get_image_features(pixels)));
  return [row(`${dtype}: features' cosine to fp32`, "", [cosine(features!, exact!)])];
}

async function openvinoLoss(peers: readonly LinePeer[]): Promise<Row[]> {
  const peer = peers.find(({ name }) => name.startsWith("OpenVINO"));
  if (peer === undefined) return [];
  return [row(`${peer.name}: features' cosine to its fp32`, "", [(await peer.measure({ do: "cosine" }))["cosine"]!])];
}

function cosine(a: Tensor, b: Tensor): number {
  const [left, right] = [a.data as Float32Array, b.data as Float32Array];
  const product = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return product(left, right) / Math.sqrt(product(left, left) * product(right, right));
}
