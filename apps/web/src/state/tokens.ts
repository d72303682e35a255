export type Confidence = "sure" | "likely" | "unsure";

export function confidence(probability: number): Confidence {
  if (probability >= 0.9) return "sure";
  return probability >= 0.5 ? "likely" : "unsure";
}

/** `"98 %"`, `"0.3 %"`, `"under 0.1 %"` */
export function percentText(probability: number): string {
  const percent = 100 * probability;
  if (percent < 0.1) return "under 0.1 %";
  return `${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

/** A token with what cannot be seen made visible. */
export function visibleToken(text: string): string {
  return text.replaceAll("\n", "⏎").replaceAll(" ", "␣").replaceAll("\t", "⇥");
}
