import type { AnswerReport } from "../src/engine/protocol.js";
import { initialState } from "../src/state/reduce.js";
import type { MediaItem, State, Turn } from "../src/state/types.js";

export function picture(id: string): MediaItem {
  return {
    id,
    kind: "picture",
    name: `${id}.png`,
    blob: new Blob([id]),
    url: `blob:${id}`,
    width: 4,
    height: 3,
    suggestions: [],
  };
}

export function turn(id: string, media: string[]): Turn {
  return { id, question: `Question ${id}?`, media, answer: { status: "working", text: "", tokens: [] } };
}

export function answered(id: string, media: string[], text: string): Turn {
  return { ...turn(id, media), answer: { status: "done", text, tokens: [], report: report(text) } };
}

export function report(text: string): AnswerReport {
  return {
    text,
    finishReason: "eos",
    tiles: 5,
    tilesRead: 5,
    promptTokens: 100,
    cachedTokens: 0,
    generatedTokens: 11,
    firstTokenSeconds: 0.5,
    writeSeconds: 0.25,
  };
}

export function stateWith(turns: Turn[], media: string[] = []): State {
  return { ...initialState, turns, media: Object.fromEntries(media.map((id) => [id, picture(id)])) };
}
