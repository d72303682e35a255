import type {
  AnswerReport,
  GenerationChoices,
  LoadProgress,
  LoadRequest,
  Medium,
  ModelFacts,
  StageName,
  TokenInfo,
  VideoPreview,
} from "../engine/protocol.js";

export interface Problem {
  /** The library's code, or the error's name. */
  code: string;
  message: string;
}

export type ModelRequest = Pick<LoadRequest, "choice" | "device" | "dtype">;

type ModelState =
  | { status: "loading"; request: ModelRequest; progress?: LoadProgress }
  | { status: "paused"; request: ModelRequest }
  | { status: "ready"; request: ModelRequest; facts: ModelFacts }
  | { status: "failed" | "crashed"; request: ModelRequest; problem: Problem };

/** A picture or video of the conversation. */
export interface MediaItem extends Medium {
  /** An object URL of what is shown: the picture, or nothing before a video's frames are there. */
  url: string;
  /** Pixels as shown, EXIF orientation applied; 0 before it is known. */
  width: number;
  height: number;
  /** Questions that suit it, of a sample. */
  suggestions: string[];
  preview?: VideoPreview;
  problem?: Problem;
}

export interface Answer {
  status: "working" | "done" | "failed";
  text: string;
  tokens: TokenInfo[];
  stage?: { name: StageName; done: number; total: number };
  report?: AnswerReport;
  problem?: Problem;
}

export interface Turn {
  id: string;
  question: string;
  /** Ids of what was added with this question. */
  media: string[];
  answer: Answer;
}

export interface State {
  model: ModelState;
  media: Readonly<Record<string, MediaItem>>;
  /** Ids of what goes with the next question. */
  waiting: string[];
  turns: Turn[];
  /** The picture that is shown large. */
  selected?: string;
  tiles: { min: number; max: number };
  options: GenerationChoices;
  /** The words of an answer whose boxes stand out. */
  pointed?: { turn: string; thing: number };
  /** The turn whose question is being written anew. */
  editing?: string;
  view: "text" | "tokens";
  showTiles: boolean;
  /** Whether the page works without a network. */
  isKept: boolean;
  problem?: Problem;
}

export type Action =
  | { type: "model"; model: ModelState }
  | { type: "progress"; progress: LoadProgress }
  | { type: "add"; item: MediaItem }
  | { type: "measured"; id: string; width: number; height: number }
  | { type: "media"; id: string; change: Partial<MediaItem> }
  | { type: "remove"; id: string }
  | { type: "select"; id: string }
  | { type: "asked"; turn: Turn }
  | { type: "stage"; turn: string; stage: NonNullable<Answer["stage"]> }
  | { type: "token"; turn: string; piece: string; token: TokenInfo }
  | { type: "answered"; turn: string; report: AnswerReport }
  | { type: "unanswered"; turn: string; problem: Problem }
  | { type: "edit"; turn: string | undefined }
  | { type: "truncate"; turn: string }
  | { type: "clear" }
  | { type: "tiles"; tiles: State["tiles"] }
  | { type: "options"; options: GenerationChoices }
  | { type: "point"; at: State["pointed"] }
  | { type: "view"; view: State["view"] }
  | { type: "show tiles"; shown: boolean }
  | { type: "kept" }
  | { type: "problem"; problem: Problem | undefined };
