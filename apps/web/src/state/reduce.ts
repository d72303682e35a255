import { defaultOptions } from "./options.js";
import type { Action, Answer, State, Turn } from "./types.js";

export const initialState: State = {
  model: { status: "loading", request: { choice: { kind: "demo" }, device: "wasm" } },
  media: {},
  waiting: [],
  turns: [],
  tiles: { min: 1, max: 12 },
  options: defaultOptions(),
  view: "text",
  showTiles: false,
  isKept: false,
};

/** The state after an action. */
export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case "model": {
      const { model } = action;
      if (model.status !== "ready") return { ...state, model };
      const { minTiles, maxTiles } = model.facts.tiling;
      return { ...state, model, tiles: { min: minTiles, max: maxTiles } };
    }
    case "progress":
      if (state.model.status !== "loading") return state;
      return { ...state, model: { ...state.model, progress: action.progress } };
    case "add": {
      const { item } = action;
      return {
        ...state,
        media: { ...state.media, [item.id]: item },
        waiting: [...state.waiting, item.id],
        selected: item.id,
      };
    }
    case "measured":
      return changeMedia(state, action.id, { width: action.width, height: action.height });
    case "media":
      return changeMedia(state, action.id, action.change);
    case "remove":
      return withoutUnused({ ...state, waiting: state.waiting.filter((id) => id !== action.id) });
    case "select":
      return { ...state, selected: action.id };
    case "asked":
      return { ...state, turns: [...state.turns, action.turn], waiting: [], editing: undefined, pointed: undefined };
    case "stage":
      return changeAnswer(state, action.turn, ({ status }) => (status === "working" ? { stage: action.stage } : {}));
    case "token":
      return changeAnswer(state, action.turn, (answer) => ({
        tokens: [...answer.tokens, action.token],
        // Tokens and the report come by different ports: one may come after the report, whose text has it already.
        ...(answer.status === "working" && {
          text: answer.text + action.piece,
          stage: { name: "write", done: answer.tokens.length + 1, total: 0 },
        }),
      }));
    case "answered":
      return changeAnswer(state, action.turn, () => ({
        status: "done",
        text: action.report.text,
        report: action.report,
        stage: undefined,
      }));
    case "unanswered":
      return changeAnswer(state, action.turn, () => ({ status: "failed", problem: action.problem, stage: undefined }));
    case "edit":
      return { ...state, editing: action.turn };
    case "truncate":
      return truncate(state, action.turn);
    case "clear":
      return {
        ...state,
        media: {},
        waiting: [],
        turns: [],
        selected: undefined,
        pointed: undefined,
        editing: undefined,
        problem: undefined,
      };
    case "tiles":
      return { ...state, tiles: action.tiles };
    case "options":
      return { ...state, options: action.options };
    case "point":
      return { ...state, pointed: action.at };
    case "view":
      return { ...state, view: action.view };
    case "show tiles":
      return { ...state, showTiles: action.shown };
    case "kept":
      return { ...state, isKept: true };
    case "problem":
      return { ...state, problem: action.problem };
  }
}

/** Without a turn and those after it; what was added with it waits again. */
function truncate(state: State, turn: string): State {
  const index = state.turns.findIndex(({ id }) => id === turn);
  if (index < 0) return state;
  const waiting = [...state.turns[index]!.media, ...state.waiting];
  return withoutUnused({
    ...state,
    turns: state.turns.slice(0, index),
    waiting,
    editing: undefined,
    pointed: undefined,
  });
}

/** Drops media that no turn has and that do not wait. */
function withoutUnused(state: State): State {
  const used = new Set([...state.waiting, ...state.turns.flatMap(({ media }) => media)]);
  const media = Object.fromEntries(Object.entries(state.media).filter(([id]) => used.has(id)));
  const selected = state.selected !== undefined && used.has(state.selected) ? state.selected : [...used].at(-1);
  return { ...state, media, selected };
}

function changeMedia(state: State, id: string, change: Partial<State["media"][string]>): State {
  const item = state.media[id];
  return item === undefined ? state : { ...state, media: { ...state.media, [id]: { ...item, ...change } } };
}

function changeAnswer(state: State, turn: string, change: (answer: Answer) => Partial<Answer>): State {
  const turns = state.turns.map(
    (one): Turn => (one.id === turn ? { ...one, answer: { ...one.answer, ...change(one.answer) } } : one),
  );
  return { ...state, turns };
}
