import type { Shape } from "../checkpoint/shape.js";
import type { AttentionProducts, Matrix } from "./operators.js";

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

/** The matrices of `layers` layers of the language model. */
export function languageMatrices({ text }: Shape, layers: number): Matrix[] {
  const { hidden, intermediate, heads, keyValueHeads } = text;
  const layer: Matrix[] = [
    { inputs: hidden, outputs: hidden + 2 * keyValueHeads * (hidden / heads) },
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
 * The matrices of a step: those of as many layers as `most` weights allow, and the head.
 *
 * @returns them, and how many times as many weights all layers have
 */
export function stepMatrices(shape: Shape, most: number): { matrices: Matrix[]; scale: number } {
  const { layers } = shape.text;
  const head = headMatrix(shape);
  const fitting = Math.floor((most - weightCount([head])) / weightCount(languageMatrices(shape, 1)));
  const matrices = [...languageMatrices(shape, Math.max(1, Math.min(layers, fitting))), head];
  const whole = weightCount([...languageMatrices(shape, layers), head]);
  return { matrices, scale: whole / weightCount(matrices) };
}

/** What one step reads of a cache of `context` tokens. */
export function cacheReading({ text }: Shape, context: number): AttentionProducts {
  const { layers, hidden, heads, keyValueHeads } = text;
  return { layers, heads: keyValueHeads, queries: heads / keyValueHeads, keys: context, width: hidden / heads };
}

export function weightCount(matrices: readonly Matrix[]): number {
  return matrices.reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
}
