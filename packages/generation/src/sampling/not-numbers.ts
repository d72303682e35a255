import { InternVLError } from "@internvl/core";

/** Where scores come from, for messages. */
export interface Place {
  /** New tokens that the row had before. */
  step: number;
  row: number;
}

/** @throws InternVLError `RUNTIME_FAILED` for NaN and Infinity */
export function assertNumbers(scores: Float32Array, place: Place): void {
  for (let id = 0; id < scores.length; id++) {
    if (!(scores[id]! < Number.POSITIVE_INFINITY)) throw notNumbers(place);
  }
}

export function notNumbers(place?: Place): InternVLError {
  return new InternVLError("RUNTIME_FAILED", {
    what: `The logits${said(place)} hold values that are no numbers`,
    expected: "finite numbers or -Infinity",
    got: "NaN or Infinity",
    fix: "Try a dtype with a wider range (fp32 instead of fp16), a higher temperature, or check your logits processors.",
  });
}

export function nothingLeft(place?: Place): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: `No token is left to choose${said(place)}: processors ruled out the whole vocabulary`,
    fix: "Loosen no_repeat_ngram_size, min_new_tokens or your own logits processors.",
  });
}

function said(place: Place | undefined): string {
  return place === undefined ? "" : ` of row ${place.row} at step ${place.step}`;
}
