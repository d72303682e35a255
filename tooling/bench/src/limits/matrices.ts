import type { Shape } from "../checkpoint/shape.js";
import type { Matrix, Products } from "./operators.js";

type Parts = Products["parts"];

/** InternViT's patches are squares of so many pixels. */
const PATCH = 14;
/** Tokens of a prompt that the library reads at once. */
export const PIECE = 128;

/** Positions of a tile: its patches and the class token. */
export function tilePositions({ vision }: Shape): number {
  return (vision.image / PATCH) ** 2 + 1;
}

/** The matrices of one layer of the vision tower. */
export function visionMatrices({ vision: { hidden, intermediate } }: Shape): Matrix[] {
  return [
    { inputs: hidden, outputs: 3 * hidden },
    { inputs: hidden, outputs: hidden },
    { inputs: hidden, outputs: intermediate },
    { inputs: intermediate, outputs: hidden },
  ];
}

/** The matrices of `layers` layers of the language model, with what a token of each row reads of a cache of `context` tokens. */
export function languageMatrices({ text }: Shape, layers: number, context?: number, rows: number = 1): Parts {
  const { hidden, intermediate, heads, keyValueHeads } = text;
  const width = hidden / heads;
  const reading = { heads: rows * keyValueHeads, queries: heads / keyValueHeads, width };
  const layer = [
    { inputs: hidden, outputs: hidden + 2 * keyValueHeads * width },
    ...(context === undefined ? [] : [{ ...reading, keys: context }]),
    { inputs: hidden, outputs: hidden },
    { inputs: hidden, outputs: intermediate },
    { inputs: hidden, outputs: intermediate },
    { inputs: intermediate, outputs: hidden },
  ];
  return Array.from({ length: layers }, () => layer).flat();
}

/** The head, which gives a logit for each entry of the vocabulary. */
function headMatrix({ text, vocabulary }: Shape): Matrix {
  return { inputs: text.hidden, outputs: vocabulary };
}

/**
 * The products of a step: those of as many layers as `most` weights allow, and the head.
 *
 * @param context tokens of the cache that each layer reads for each of `rows`; undefined: matrices alone
 * @returns them, and how many times as many weights all layers have
 */
export function stepParts(
  shape: Shape,
  most: number,
  context?: number,
  rows?: number,
): { parts: Parts; scale: number } {
  const { layers } = shape.text;
  const head = headMatrix(shape);
  const fitting = Math.floor((most - weightCount([head])) / weightCount(languageMatrices(shape, 1)));
  const parts = [...languageMatrices(shape, Math.max(1, Math.min(layers, fitting)), context, rows), head];
  const whole = weightCount([...languageMatrices(shape, layers), head]);
  return { parts, scale: whole / weightCount(parts) };
}

export function weightCount(parts: Parts): number {
  return parts.reduce((sum, part) => sum + ("inputs" in part ? part.inputs * part.outputs : 0), 0);
}
