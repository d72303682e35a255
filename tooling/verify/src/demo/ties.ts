/** A token as it was chosen, and what was nearly chosen instead. */
export interface ChosenToken {
  token: number;
  /** The second likeliest token. */
  runnerUp: number;
  /** By how much it was less likely, in natural logarithms. */
  margin: number;
}

/**
 * How close two tokens must be for either to be right. Platforms add float32 numbers up in another order, which moves logits by
 * some 1e-5; an int8 product rounds activations to 255 steps, where that is now and then a whole step.
 */
const TIE = { float: 1e-3, int8: 0.05 } as const;

/**
 * Where another platform went on with the runner-up of a tie: what follows is another answer, and no worse.
 *
 * @returns undefined where the answers are the same, or differ for no such reason
 */
export function tiedAt(
  got: readonly ChosenToken[],
  expected: readonly ChosenToken[],
  isInt8: boolean,
): number | undefined {
  const at = expected.findIndex(({ token }, index) => got[index]?.token !== token);
  if (at === -1 || got[at] === undefined) return undefined;
  const { runnerUp, margin } = expected[at]!;
  return got[at].token === runnerUp && margin <= (isInt8 ? TIE.int8 : TIE.float) ? at : undefined;
}
