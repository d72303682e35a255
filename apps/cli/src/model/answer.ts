import { formatSeconds } from "internvl/convert-command";

/** What an answer cost, in seconds. */
export interface AnswerSeconds {
  /** Cutting and normalising the pictures. */
  preprocess: number;
  /** The vision encoder. */
  vision: number;
  /** Reading the prompt. */
  prompt: number;
  /** Writing the answer. */
  generate: number;
}

export interface Answer {
  text: string;
  /** `"stopped"`: by Ctrl-C. The others are the library's. */
  finishReason: "eos" | "length" | "stop_string" | "criteria" | "time" | "stopped";
  /** Tiles of all pictures. */
  tiles: number;
  /** Those of them that had to be looked at: the others had been read before. */
  tilesRead: number;
  /** Tokens of the whole prompt. */
  promptTokens: number;
  /** Those that had been read before. */
  cachedTokens: number;
  generatedTokens: number;
  seconds: AnswerSeconds;
  /** The seed of the draws, with sampling. */
  seed?: number;
}

/** The first token comes with the prompt; this is the pace of the others. Null for an answer of one token. */
function tokensPerSecond({ generatedTokens, seconds }: Answer): number | null {
  return generatedTokens > 1 && seconds.generate > 0 ? (generatedTokens - 1) / seconds.generate : null;
}

/** `"5 tiles 0.21 s · 113 prompt tokens 0.05 s · 17 tokens at 82 tokens/s"` */
export function timingLine(answer: Answer): string {
  const { tilesRead, promptTokens, cachedTokens, generatedTokens, seconds, finishReason } = answer;
  const pace = tokensPerSecond(answer);
  const parts = [
    ...(tilesRead > 0 ? [`${plural(tilesRead, "tile")} ${formatSeconds(seconds.preprocess + seconds.vision)}`] : []),
    `${plural(promptTokens - cachedTokens, "prompt token")} ${formatSeconds(seconds.prompt)}`,
    `${plural(generatedTokens, "token")}${pace === null ? "" : ` at ${pace.toFixed(pace < 10 ? 1 : 0)} tokens/s`}`,
    ...(finishReason === "stopped" ? ["stopped"] : []),
    ...(finishReason === "length" ? ["cut off (--max-new-tokens, or the model's context)"] : []),
  ];
  return parts.join(" · ");
}

/** The fields of an answer in a line of `--json`. */
export function answerFields(answer: Answer): Record<string, unknown> {
  const round = (value: number) => Number(value.toFixed(4));
  const pace = tokensPerSecond(answer);
  return {
    answer: answer.text,
    finish_reason: answer.finishReason,
    tiles: answer.tiles,
    prompt_tokens: answer.promptTokens,
    cached_tokens: answer.cachedTokens,
    generated_tokens: answer.generatedTokens,
    tokens_per_second: pace === null ? null : round(pace),
    seconds: Object.fromEntries(Object.entries(answer.seconds).map(([name, value]) => [name, round(value)])),
    ...(answer.seed !== undefined && { seed: answer.seed }),
  };
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
