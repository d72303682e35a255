import { nodeInference } from "@internvl/runtime-node";
import type { Shape } from "../checkpoint/shape.js";
import { type Figures, inTurn } from "../measure.js";
import { type Row, row } from "../report.js";
import { stepParts, tilePositions, visionMatrices } from "./matrices.js";
import { type Products, timeProducts } from "./operators.js";

/** Queries of a tile that are measured at once, of a head a thread: their scores stay in the processor's cache, as in a fused attention. */
const BLOCK = 128;
const BATCH = 8;
/** More than caches hold; larger models are computed from so many weights. */
const MOST_WEIGHTS = 1e9;

/** Of a tile: the products of all layers, computed from those of one, whose input is as large as in the model. */
export async function tileRows(shape: Shape, threads: number, runs: number): Promise<Row[]> {
  const { layers, heads, hidden } = shape.vision;
  const positions = tilePositions(shape);
  const together = Math.min(heads, threads);
  const queries = Math.min(BLOCK, positions);
  const block = { heads: together, queries, keys: positions, width: hidden / heads };
  const time = async (parts: Products["parts"], times: number): Promise<Figures> => {
    const ms = await timeProducts(nodeInference, { kind: "int8", parts, rows: positions }, { threads });
    return { ms: ms * layers * times };
  };
  const tasks = [() => time(visionMatrices(shape), 1), () => time([block], (heads / together) * (positions / queries))];
  const [int8, float] = (await inTurn(tasks, runs, 0)).map(({ ms }) => ms!) as [number[], number[]];
  const whole = int8.map((ms, run) => ms + float[run]!);
  return [
    row("a tile: int8 products alone", "ms", int8),
    row("a tile: attention's float32 products alone", "ms", float),
    row("a tile: all products alone", "ms", whole),
  ];
}

/** Of a step, and of one for 8 rows. */
export async function languageRows(
  shape: Shape,
  contexts: readonly number[],
  threads: number,
  runs: number,
): Promise<Row[]> {
  const time = async (rows: number, context?: number): Promise<Figures> => {
    const { parts, scale } = stepParts(shape, MOST_WEIGHTS, context);
    return { ms: scale * (await timeProducts(nodeInference, { kind: "q4", parts, rows }, { threads })) };
  };
  const tasks = [() => time(1), () => time(BATCH), ...contexts.map((context) => () => time(1, context))];
  const samples = await inTurn(tasks, runs, 0);
  const [step, batch, ...steps] = samples.map(({ ms }) => ms!);
  const perSecond = (times: readonly number[], tokens: number) => times.map((ms) => (tokens * 1000) / ms);
  const alone = row("1 row: q4 products alone", "tok/s", perSecond(step!, 1));
  return [
    row("a step: q4 products alone", "ms", step!),
    ...contexts.map((context, index) =>
      row(`decode at ${context}: products and cache alone`, "tok/s", perSecond(steps[index]!, 1)),
    ),
    alone,
    row(`${BATCH} rows: q4 products alone`, "tok/s", perSecond(batch!, BATCH), alone),
  ];
}
