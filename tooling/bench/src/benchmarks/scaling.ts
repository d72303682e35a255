import { writeFile } from "node:fs/promises";
import { FAMILY } from "@internvl/config";
import type { ShapeName } from "../checkpoint/shape.js";
import { runInChild } from "../child/run.js";
import type { BenchOptions } from "../options.js";
import { packageFile } from "../package-file.js";
import { type Row, row } from "../report.js";
import { type Chart, chartsToSvg, type Series } from "../scaling/chart.js";
import { byWeights, extrapolate, type NetworkSize, textSize, visionSize, weightsOf } from "../scaling/sizes.js";
import type { Workspace } from "../workspace.js";
import { type Benchmark, MEGABYTE, shapeText } from "./benchmark.js";

const TILES = [1, 4, 7, 13, 25, 40];
const CONTEXTS = [256, 1024, 2048, 4096, 8192, 16_384, 32_000];
const ROWS = [1, 2, 4, 8, 16];
/** Models that are measured as they are. */
const WHOLE: readonly ShapeName[] = ["1b", "2b"];
/** Models of which two cuts are measured: their checkpoints are large. */
const CUT: readonly ShapeName[] = ["4b", "8b"];
const CUTS = [2, 4] as const;

/** What time and memory do as pictures, contexts, batches and models grow: a table, and a plot beside the JSON file. */
export const scaling: Benchmark = async (options, workspace) => {
  const parts = [
    await overTiles(options, workspace),
    await overContexts(options, workspace),
    await overBatches(options, workspace),
    await overModels(options, workspace),
  ];
  const svg = options.svg ?? (options.readme ? packageFile("../../docs/scaling.svg") : undefined);
  if (svg !== undefined) {
    await writeFile(svg, chartsToSvg(parts.flatMap(({ charts }) => charts)));
  }
  return {
    benchmark: "scaling",
    setting: {
      shape: shapeText(options),
      weights: `${options.dtype ?? "q4"}, random`,
      threads: options.threads,
    },
    rows: parts.flatMap(({ rows }) => rows),
  };
};

interface Part {
  rows: Row[];
  charts: Chart[];
}

async function overTiles(options: BenchOptions, workspace: Workspace): Promise<Part> {
  const loading = await loadingOf(options, workspace);
  const rows: Row[] = [];
  const vision: Point[] = [];
  const prefill: Point[] = [];
  const memory: Point[] = [];
  for (const tiles of TILES) {
    const { result, peakBytes } = await runInChild("scaleTiles", { ...loading, tiles });
    vision.push([tiles, result.visionMs / 1000]);
    prefill.push([tiles, (result.visionMs + result.prefillMs) / 1000]);
    memory.push([tiles, peakBytes / MEGABYTE]);
    const what = `${tiles} tiles, ${result.tokens} tokens`;
    rows.push(
      row(`${what}: vision`, "s", [result.visionMs / 1000]),
      row(`${what}: reading`, "s", [result.prefillMs / 1000]),
      row(`${what}: a step after it`, "ms", [result.stepMs]),
      row(`${what}: peak memory`, "MB", [peakBytes / MEGABYTE]),
    );
  }
  return {
    rows,
    charts: [
      chart("Until the first token, seconds", "tiles", [
        ["vision", vision],
        ["vision and reading", prefill],
      ]),
      chart("Peak memory, MB", "tiles", [["of the process", memory]]),
    ],
  };
}

async function overContexts(options: BenchOptions, workspace: Workspace): Promise<Part> {
  const loading = await loadingOf(options, workspace);
  const rows: Row[] = [];
  const reading: Point[] = [];
  const step: Point[] = [];
  const memory: Point[] = [];
  const cache: Point[] = [];
  let seconds = 0;
  let before: Point = [0, 0];
  for (const context of CONTEXTS) {
    const { result, peakBytes } = await runInChild("scaleContext", { ...loading, context });
    reading.push([context, result.msPerToken]);
    step.push([context, result.stepMs]);
    memory.push([context, peakBytes / MEGABYTE]);
    cache.push([context, result.cacheBytes / MEGABYTE]);
    // Between two contexts the cost of a token grows evenly; before the first it is taken as there.
    const [last, lastMs] = before[0] === 0 ? [0, result.msPerToken] : before;
    seconds += ((context - last) * (result.msPerToken + lastMs)) / 2000;
    before = [context, result.msPerToken];
    const what = `context ${context}`;
    rows.push(
      row(`${what}: reading a token`, "ms", [result.msPerToken]),
      row(`${what}: reading all of it, computed from these`, "s", [seconds]),
      row(`${what}: a step`, "ms", [result.stepMs]),
      row(`${what}: keys and values`, "MB", [result.cacheBytes / MEGABYTE]),
      row(`${what}: peak memory`, "MB", [peakBytes / MEGABYTE]),
    );
  }
  const charts = [
    chart("A token, milliseconds", "tokens before it", [
      ["answering", step],
      ["reading", reading],
    ]),
    chart("Peak memory, MB", "tokens", [
      ["of the process", memory],
      ["keys and values", cache],
    ]),
  ];
  return { rows, charts };
}

async function overBatches(options: BenchOptions, workspace: Workspace): Promise<Part> {
  const loading = await loadingOf(options, workspace);
  const rows: Row[] = [];
  const speed: Point[] = [];
  const memory: Point[] = [];
  let single: Row | undefined;
  for (const count of ROWS) {
    const { result, peakBytes } = await runInChild("scaleBatch", { ...loading, rows: count });
    const perSecond = (count * 1000) / result.stepMs;
    speed.push([count, perSecond]);
    memory.push([count, peakBytes / MEGABYTE]);
    const tokens = row(`batch of ${count}: answering`, "tok/s", [perSecond], single);
    single ??= tokens;
    rows.push(tokens, row(`batch of ${count}: peak memory`, "MB", [peakBytes / MEGABYTE]));
  }
  const charts = [
    chart("Tokens a second, all answers together", "answers at once", [["answering", speed]]),
    chart("Peak memory, MB", "answers at once", [["of the process", memory]]),
  ];
  return { rows, charts };
}

/** What a model costs: measured, or computed from cuts of it, or from the largest that was measured. */
interface ModelCost {
  name: string;
  how: string;
  tileMs: number;
  promptMs: number;
  stepMs: number;
  /** Of a process that was measured. */
  peakBytes?: number;
}

async function overModels(options: BenchOptions, workspace: Workspace): Promise<Part> {
  const costs: ModelCost[] = [];
  let promptTokens = 0;
  const measure = async (shape: ShapeName, layers?: number) => {
    const place = workspace.with({ shape, layers });
    const { result, peakBytes } = await runInChild("scaleModel", await loadingOf(options, place));
    promptTokens = result.promptTokens;
    return { layers: layers ?? 0, ...result, peakBytes };
  };
  for (const shape of WHOLE) {
    const { tileMs, prefillMs, stepMs, peakBytes } = await measure(shape);
    costs.push({ name: shape.toUpperCase(), how: "measured", tileMs, promptMs: prefillMs, stepMs, peakBytes });
  }
  for (const shape of CUT) {
    const name = shape.toUpperCase();
    const cuts = [await measure(shape, CUTS[0]), await measure(shape, CUTS[1])] as const;
    const { vision, text } = sizesOf(name);
    const whole = (part: "tileMs" | "prefillMs" | "stepMs", { layers }: NetworkSize) => {
      const [few, more] = cuts.map((cut) => ({ layers: cut.layers, ms: cut[part] }));
      return extrapolate([few!, more!], layers);
    };
    costs.push({
      name,
      how: `computed from ${CUTS.join(" and ")} layers`,
      tileMs: whole("tileMs", vision),
      promptMs: whole("prefillMs", text),
      stepMs: whole("stepMs", text),
    });
  }
  const largest = costs.at(-1)!;
  const known = sizesOf(largest.name);
  for (const name of ["26B", "38B", "78B"]) {
    const { vision, text } = sizesOf(name);
    costs.push({
      name,
      how: `computed from ${largest.name}'s cost of a weight`,
      tileMs: byWeights({ size: known.vision, ms: largest.tileMs }, vision),
      promptMs: byWeights({ size: known.text, ms: largest.promptMs }, text),
      stepMs: byWeights({ size: known.text, ms: largest.stepMs }, text),
    });
  }
  const rows = costs.flatMap(({ name, how, tileMs, promptMs, stepMs, peakBytes }) => [
    row(`${name}, ${how}: a tile`, "s", [tileMs / 1000]),
    row(`${name}, ${how}: reading`, "tok/s", [(promptTokens * 1000) / promptMs]),
    row(`${name}, ${how}: answering`, "tok/s", [1000 / stepMs]),
    row(`${name}, ${how}: weights (computed)`, "MB", [weightBytes(name) / MEGABYTE]),
    ...(peakBytes === undefined ? [] : [row(`${name}, ${how}: peak memory`, "MB", [peakBytes / MEGABYTE])]),
  ]);
  const millionWeights = ({ name }: ModelCost) => weightsOf(sizesOf(name).text) / 1e6;
  const [measured, computed] = [costs.slice(0, WHOLE.length), costs.slice(WHOLE.length)];
  const charts = [
    chart("A token of an answer, milliseconds", "weights of the language model, millions", [
      ["measured", measured.map((cost): Point => [millionWeights(cost), cost.stepMs])],
      ["computed", computed.map((cost): Point => [millionWeights(cost), cost.stepMs])],
    ]),
    chart("Memory, MB", "weights of the language model, millions", [
      ["of the process, measured", measured.map((cost): Point => [millionWeights(cost), cost.peakBytes! / MEGABYTE])],
      ["weights, computed", costs.map((cost): Point => [millionWeights(cost), weightBytes(cost.name) / MEGABYTE])],
    ]),
  ];
  return { rows, charts };
}

/** int8 vision, 4 bits and a scale for 128 weights, and a table of 8-bit rows. */
function weightBytes(name: string): number {
  const { vision, text } = sizesOf(name);
  return weightsOf(vision) + weightsOf(text) * (0.5 + 4 / 128) + text.head;
}

function sizesOf(name: string): { vision: NetworkSize; text: NetworkSize } {
  const { vision, language } = FAMILY.find((member) => member.name === `InternVL2_5-${name}`)!;
  const { hidden_size: hidden, num_hidden_layers: layers, intermediate_size: intermediate } = language;
  const { num_attention_heads: heads, num_key_value_heads: keyValueHeads, vocab_size } = language;
  return {
    vision: visionSize({
      hidden: vision.hidden_size,
      layers: vision.num_hidden_layers,
      intermediate: vision.intermediate_size,
    }),
    text: textSize({ hidden, layers, intermediate, heads, keyValueHeads }, vocab_size),
  };
}

async function loadingOf(options: BenchOptions, workspace: Workspace) {
  const dtype = options.dtype ?? "q4";
  return { model: await workspace.converted([dtype]), dtype, threads: options.threads };
}

type Point = [x: number, y: number];

function chart(title: string, x: string, series: readonly (readonly [name: string, points: Point[]])[]): Chart {
  return { title, x, series: series.map(([name, points]): Series => ({ name, points })) };
}
