import type { AnswerReport, LoadProgress, StoredItem } from "../engine/protocol.js";
import type { Answer } from "./types.js";

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** `"4.6 MB"` */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? value.toFixed(0) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** `"0.42 s"`, `"12 s"` */
export function formatSeconds(seconds: number): string {
  return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(0)} s`;
}

/** What is being done for an answer, in words. */
export function stageText(stage: Answer["stage"]): string {
  if (stage === undefined) return "Starting…";
  const { name, done, total } = stage;
  if (name === "decode") return "Decoding the picture…";
  if (name === "preprocess") return `Cutting tiles, ${done} of ${total}…`;
  if (name === "vision") return `Looking at tile ${Math.min(done + 1, total)} of ${total}…`;
  if (name === "prefill") return `Reading the prompt, ${total > 0 ? Math.floor((100 * done) / total) : 0} %…`;
  return "Writing…";
}

/** Tokens a second; the first token comes with the prompt, so this is the pace of the others. */
function tokenRate({ generatedTokens, writeSeconds }: AnswerReport): number | null {
  return generatedTokens > 1 && writeSeconds > 0 ? (generatedTokens - 1) / writeSeconds : null;
}

/** `"First token after 0.31 s · 17 tokens, 82 a second · looked at 5 tiles · read 113 tokens, knew 96"` */
export function costText(report: AnswerReport): string {
  const { generatedTokens, firstTokenSeconds, tilesRead, promptTokens, cachedTokens, finishReason } = report;
  const rate = tokenRate(report);
  const fresh = promptTokens - cachedTokens;
  const parts = [
    ...(firstTokenSeconds === null ? [] : [`First token after ${formatSeconds(firstTokenSeconds)}`]),
    `${count(generatedTokens, "token")}${rate === null ? "" : `, ${rate.toFixed(rate < 10 ? 1 : 0)} a second`}`,
    ...(tilesRead > 0 ? [`looked at ${count(tilesRead, "tile")}`] : []),
    `read ${count(fresh, "token")}${cachedTokens > 0 ? `, knew ${cachedTokens}` : ""}`,
    ...(finishReason === "stopped" ? ["stopped"] : []),
    ...(finishReason === "length" ? ["cut off at the longest answer"] : []),
    ...(report.seed === undefined ? [] : [`seed ${report.seed}`]),
  ];
  return parts.join(" · ");
}

/** What is being done while a model loads, in words. */
export function loadText(progress: LoadProgress | undefined): string {
  if (progress === undefined) return "Opening the model…";
  const { stage, name, loaded, total, unit, rate } = progress;
  const verbs: Record<string, string> = {
    download: "Downloading",
    verify: "Checking",
    convert: "Converting",
    load: "Loading",
    cache: "Preparing",
  };
  const bytes = unit === "bytes";
  const amount = (value: number) => (bytes ? formatBytes(value) : String(value));
  const far = total === undefined || total === 0 ? "" : `, ${amount(loaded)} of ${amount(total)}`;
  const pace = rate === undefined || !bytes ? "" : `, ${formatBytes(rate)}/s`;
  return `${verbs[stage] ?? stage}${name === undefined ? "" : ` ${name}`}${far}${pace}`;
}

/** `"1 tile"`, `"3 tiles"` */
function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** `"0:04.2"` of a video. */
export function formatTime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(1).padStart(4, "0")}`;
}

/** How the storage panel names what is kept. */
export function storedName(item: StoredItem): string {
  if (item.kind === "folder") return item.name.replace(/^converted\//, "Converted: ");
  return item.revision === "main" ? item.id : `${item.id} (${item.revision})`;
}
