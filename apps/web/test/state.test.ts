import { describe, expect, it } from "vitest";
import { initialState, reduce } from "../src/state/reduce.js";
import { shownBoxes } from "../src/state/shown-boxes.js";
import { createStore } from "../src/state/store.js";
import type { State } from "../src/state/types.js";
import { answered, picture, report, stateWith, turn } from "./helpers.js";

describe("reduce", () => {
  it("moves pictures that wait into the turn that asks about them", () => {
    let state = reduce(initialState, { type: "add", item: picture("p") });
    expect(state.waiting).toEqual(["p"]);
    expect(state.selected).toBe("p");
    state = reduce(state, { type: "asked", turn: turn("t", ["p"]) });
    expect(state.waiting).toEqual([]);
    expect(state.turns.map(({ media }) => media)).toEqual([["p"]]);
  });

  it("grows an answer token by token and ends with the report's text", () => {
    let state = stateWith([turn("t", [])]);
    const token = { text: "a", probability: 0.5, alternatives: [] };
    state = reduce(state, { type: "token", turn: "t", piece: "a", token });
    state = reduce(state, { type: "token", turn: "t", piece: "b ", token });
    expect(state.turns[0]!.answer.text).toBe("ab ");
    expect(state.turns[0]!.answer.stage).toEqual({ name: "write", done: 2, total: 0 });
    state = reduce(state, { type: "answered", turn: "t", report: report("ab") });
    expect(state.turns[0]!.answer).toMatchObject({ status: "done", text: "ab", stage: undefined });
    expect(state.turns[0]!.answer.tokens).toHaveLength(2);
  });

  it("keeps a token that comes after the report, and not its text or stage twice", () => {
    let state = reduce(stateWith([turn("t", [])]), { type: "answered", turn: "t", report: report("ab.") });
    const token = { text: ".", probability: 1, alternatives: [] };
    state = reduce(state, { type: "token", turn: "t", piece: ".", token });
    state = reduce(state, { type: "stage", turn: "t", stage: { name: "prefill", done: 1, total: 1 } });
    expect(state.turns[0]!.answer).toMatchObject({ text: "ab.", tokens: [token], stage: undefined });
  });

  it("gives a dropped turn's pictures back to the next question and forgets later ones", () => {
    const turns = [answered("1", ["p"], "A."), answered("2", ["q"], "B."), answered("3", ["r"], "C.")];
    const state = reduce(stateWith(turns, ["p", "q", "r"]), { type: "truncate", turn: "2" });
    expect(state.turns.map(({ id }) => id)).toEqual(["1"]);
    expect(state.waiting).toEqual(["q"]);
    expect(Object.keys(state.media)).toEqual(["p", "q"]);
  });

  it("selects another picture when the selected one is taken away", () => {
    let state = reduce(initialState, { type: "add", item: picture("p") });
    state = reduce(state, { type: "add", item: picture("q") });
    state = reduce(state, { type: "remove", id: "q" });
    expect(state.selected).toBe("p");
    expect(reduce(state, { type: "remove", id: "p" }).selected).toBeUndefined();
  });

  it("takes the tiles of a model that is loaded", () => {
    const tiling = { tile: { width: 1, height: 1 }, tokensPerTile: 1, useThumbnail: true, minTiles: 2, maxTiles: 6 };
    const facts = { name: "m", isDemo: true, device: { name: "wasm", reason: "" }, dtype: "int8", seconds: 1, tiling };
    const model: State["model"] = { status: "ready", request: initialState.model.request, facts };
    expect(reduce(initialState, { type: "model", model }).tiles).toEqual({ min: 2, max: 6 });
  });

  it("leaves progress that comes late alone", () => {
    const paused = reduce(initialState, {
      type: "model",
      model: { status: "paused", request: initialState.model.request },
    });
    expect(reduce(paused, { type: "progress", progress: { stage: "load", loaded: 1, unit: "files" } })).toBe(paused);
  });
});

describe("shownBoxes", () => {
  const box = (name: string) => `<ref>${name}</ref><box>[[0, 0, 1000, 1000]]</box>`;
  const turns = [answered("1", ["p"], box("a")), answered("2", [], "Yes."), answered("3", ["q"], box("b"))];

  it("are those of the newest answer about the selected picture", () => {
    expect(shownBoxes({ turns, selected: "q" }).map(({ text }) => text)).toEqual(["b"]);
    expect(shownBoxes({ turns, selected: "p" }).map(({ text }) => text)).toEqual(["a"]);
    expect(shownBoxes({ turns, selected: "other" })).toEqual([]);
  });

  it("are those of the answer that is pointed at", () => {
    const more = [...turns.slice(0, 1), answered("4", [], box("c"))];
    expect(shownBoxes({ turns: more, selected: "p" }).map(({ text }) => text)).toEqual(["c"]);
    const pointed = { turn: "1", thing: 0 };
    expect(shownBoxes({ turns: more, selected: "p", pointed }).map(({ text }) => text)).toEqual(["a"]);
  });
});

describe("createStore", () => {
  it("tells subscribers of changes, and not of none", () => {
    const store = createStore(0, (state, add: number) => state + add);
    const heard: number[] = [];
    const end = store.subscribe(() => heard.push(store.get()));
    store.dispatch(2);
    store.dispatch(0);
    end();
    store.dispatch(1);
    expect(heard).toEqual([2]);
    expect(store.get()).toBe(3);
  });
});
