// What crosses between the page and the worker that has the model.
import type { FinishReason } from "./finish-reason.js";

/** Which model: the bundled one, one of the Hub, or a folder that the person chose. */
export type ModelChoice =
  | { kind: "demo" }
  | { kind: "hub"; id: string }
  | { kind: "handle"; name: string; handle: FileSystemDirectoryHandle }
  | { kind: "files"; name: string; files: File[] };

export type DeviceName = "auto" | "wasm" | "webgpu";

export interface LoadRequest {
  choice: ModelChoice;
  device: DeviceName;
  /** Undefined: the best that the model has. */
  dtype?: string;
  /** The address of the demo model's folder. */
  demo: string;
}

/** What the page needs to know of a loaded model. */
export interface ModelFacts {
  name: string;
  isDemo: boolean;
  /** Where the language model runs, and why there. */
  device: { name: string; reason: string };
  dtype: string;
  seconds: number;
  tiling: Tiling;
}

/** How a model cuts pictures. */
export interface Tiling {
  /** Pixels of one tile. */
  tile: { width: number; height: number };
  tokensPerTile: number;
  useThumbnail: boolean;
  minTiles: number;
  maxTiles: number;
}

export interface LoadProgress {
  stage: string;
  name?: string;
  loaded: number;
  total?: number;
  unit: string;
  rate?: number;
}

/** A picture or a video as the page has it. The worker decodes it once for each id. */
export interface Medium {
  id: string;
  kind: "picture" | "video";
  name: string;
  blob: Blob;
  /** Of a video: how many frames the model sees. */
  segments?: number;
}

export interface AskTurn {
  question: string;
  media: Medium[];
  /** Undefined in the last turn, which is asked. */
  answer?: string;
}

export interface AskRequest {
  turns: AskTurn[];
  tiles: { min: number; max: number };
  options: GenerationChoices;
}

/** Options of `generate`, by its own names. */
export type GenerationChoices = Readonly<Record<string, number | boolean>>;

interface Alternative {
  text: string;
  probability: number;
}

export interface TokenInfo {
  /** The token alone; the name of one that is not shown, as the end of a turn. */
  text: string;
  probability: number;
  /** The likeliest in its place, likeliest first. */
  alternatives: Alternative[];
}

export type StageName = "decode" | "preprocess" | "vision" | "prefill" | "write";

export type AskEvent =
  | { kind: "stage"; stage: StageName; done: number; total: number }
  /** `piece` is what became certain of the text with this token. */
  | { kind: "token"; piece: string; token: TokenInfo };

/** What an answer was and what it cost. */
export interface AnswerReport {
  text: string;
  finishReason: FinishReason;
  tiles: number;
  tilesRead: number;
  promptTokens: number;
  cachedTokens: number;
  generatedTokens: number;
  /** Seconds from the question to the first token; null when there was none. */
  firstTokenSeconds: number | null;
  /** Seconds from the first token to the last. */
  writeSeconds: number;
  seed?: number;
}

/** Frames of a video, as small pictures for the timeline. */
export interface VideoPreview {
  width: number;
  height: number;
  /** Seconds, where the file says it. */
  duration: number | null;
  frames: { seconds: number | null; index: number; picture: Blob }[];
}

/** What this browser keeps: a model that was downloaded, or a folder that one was converted into. */
export type StoredItem =
  | { kind: "download"; id: string; revision: string; bytes: number }
  | { kind: "folder"; name: string; bytes: number };
