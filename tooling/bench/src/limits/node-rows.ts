import { nodeInference } from "@internvl/runtime-node";
import type { Shape } from "../checkpoint/shape.js";
import { type Figures, inTurn } from "../measure.js";
import { type Row, row } from "../report.js";
import { stepParts, tilePositions, visionMatrices } from "./matrices.js";
import { timeAttention, timeBetween, timeProducts } from "./operators.js";

const BATCH = 8;
/** More than caches hold; larger models are computed from so many weights. */
const MOST_WEIGHTS = 1e9;

/** Of a tile: what all layers need, computed from what one does, whose input is as large as in the model. */
export async function tileRows(shape: Shape, threads: number, runs: number): Promise<Row[]> {
  const { layers, heads, hidden, intermediate } = shape.vision;
  const positions = tilePositions(shape);
  const measured: Readonly<Record<string, () => Promise<number>>> = {
    "int8 products": () =>
      timeProducts(nodeInference, { kind: "int8", parts: visionMatrices(shape), rows: positions }, { threads }),
    "MultiHeadAttention in float32": () => timeAttention(nodeInference, { positions, hidden, heads }, { threads }),
    "norms, additions and Gelu": () => timeBetween(nodeInference, { positions, hidden, intermediate }, { threads }),
  };
  const tasks = Object.values(measured).map((time) => async (): Promise<Figures> => ({ ms: layers * (await time()) }));
  const times = (await inTurn(tasks, runs, 0)).map(({ ms }) => ms!);
  const whole = times[0]!.map((_, run) => times.reduce((sum, each) => sum + each[run]!, 0));
  return [
    ...Object.keys(measured).map((what, index) => row(`a tile: ${what} alone`, "ms", times[index]!)),
    row("a tile: all of these", "ms", whole),
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
    const { parts, scale } = stepParts(shape, MOST_WEIGHTS, context, rows);
    return { ms: scale * (await timeProducts(nodeInference, { kind: "q4", parts, rows }, { threads })) };
  };
  const [shortest] = contexts as [number];
  const tasks = [
    () => time(1),
    () => time(BATCH),
    () => time(BATCH, shortest),
    ...contexts.map((context) => () => time(1, context)),
  ];
  const samples = await inTurn(tasks, runs, 0);
  const [step, batch, reading, ...steps] = samples.map(({ ms }) => ms!);
  const perSecond = (times: readonly number[], tokens: number) => times.map((ms) => (tokens * 1000) / ms);
  const alone = row("1 row: q4 products alone", "tok/s", perSecond(step!, 1));
  const decodes = contexts.map((context, index) =>
    row(`decode at ${context}: products and cache alone`, "tok/s", perSecond(steps[index]!, 1)),
  );
  return [
    row("a step: q4 products alone", "ms", step!),
    ...decodes,
    row(`${BATCH} rows at ${shortest}: products and caches alone`, "tok/s", perSecond(reading!, BATCH), decodes[0]),
    alone,
    row(`${BATCH} rows: q4 products alone`, "tok/s", perSecond(batch!, BATCH), alone),
  ];
}
