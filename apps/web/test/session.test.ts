import { describe, expect, it } from "vitest";
import type { EngineClient } from "../src/engine/client.js";
import type { AskEvent, AskRequest, ModelFacts } from "../src/engine/protocol.js";
import { initialState, reduce } from "../src/state/reduce.js";
import { Session } from "../src/state/session.js";
import { createStore } from "../src/state/store.js";
import { report } from "./helpers.js";

const facts: ModelFacts = {
  name: "Demo model",
  isDemo: true,
  device: { name: "wasm", reason: "it was asked for" },
  dtype: "int8",
  seconds: 1,
  tiling: { tile: { width: 112, height: 112 }, tokensPerTile: 16, useThumbnail: true, minTiles: 1, maxTiles: 6 },
};

/** A session over an engine that answers "Yes." to all, or does what a test says. */
function sessionWith(changes: Record<string, unknown> = {}) {
  const asked: AskRequest[] = [];
  const crashes: ((reason: string) => void)[] = [];
  const engine = {
    load: async () => facts,
    ask: async (request: AskRequest, tell: (event: AskEvent) => void) => {
      asked.push(request);
      tell({ kind: "stage", stage: "vision", done: 0, total: 5 });
      tell({ kind: "token", piece: "Yes.", token: { text: "Yes.", probability: 1, alternatives: [] } });
      return report("Yes.");
    },
    stop: async () => {},
    ...changes,
  };
  const store = createStore(initialState, reduce);
  const startEngine = (onCrash: (reason: string) => void) => {
    crashes.push(onCrash);
    return { engine, close: () => {} } as unknown as EngineClient;
  };
  return { session: new Session({ store, startEngine, demo: "model" }), store, asked, crashes };
}

const demo = { choice: { kind: "demo" }, device: "wasm" } as const;
const picture = {
  kind: "picture",
  name: "p",
  blob: new Blob(),
  url: "",
  width: 0,
  height: 0,
  suggestions: [],
} as const;

function fails(name: string) {
  return async () => {
    throw Object.assign(new Error("What was wrong."), { name });
  };
}

describe("Session", () => {
  it("asks about pictures that wait, and follows up with what was said", async () => {
    const { session, store, asked } = sessionWith();
    await session.load(demo);
    session.add({ ...picture, suggestions: [] });
    await session.ask("  A star? ");
    await session.ask("Sure?");
    expect(store.get().turns.map(({ question, answer }) => [question, answer.text, answer.status])).toEqual([
      ["A star?", "Yes.", "done"],
      ["Sure?", "Yes.", "done"],
    ]);
    expect(asked[1]!.turns.map(({ question, answer, media }) => [question, answer, media.length])).toEqual([
      ["A star?", "Yes.", 1],
      ["Sure?", undefined, 0],
    ]);
  });

  it("asks a question again without what came after it", async () => {
    const { session, store, asked } = sessionWith();
    await session.load(demo);
    session.add({ ...picture, suggestions: [] });
    await session.ask("One?");
    await session.ask("Two?");
    await session.retry(store.get().turns[0]!.id);
    expect(store.get().turns.map(({ question }) => question)).toEqual(["One?"]);
    expect(asked.at(-1)!.turns.map(({ media }) => media.length)).toEqual([1]);
  });

  it("asks nothing before there is a model, and nothing that is empty", async () => {
    const { session, store } = sessionWith();
    await session.ask("One?");
    await session.load(demo);
    await session.ask("   ");
    expect(store.get().turns).toEqual([]);
  });

  it("shows an error with its code and goes on", async () => {
    const { session, store } = sessionWith({ ask: fails("IMAGE_INVALID") });
    await session.load(demo);
    await session.ask("One?");
    expect(store.get().turns[0]!.answer).toMatchObject({
      status: "failed",
      problem: { code: "IMAGE_INVALID", message: "What was wrong." },
    });
    expect(store.get().model.status).toBe("ready");
  });

  it("is paused by a stop while it loads, and failed by an error", async () => {
    const stopped = sessionWith({ load: fails("AbortError") });
    await stopped.session.load(demo);
    expect(stopped.store.get().model.status).toBe("paused");
    const failed = sessionWith({ load: fails("HUB_UNAVAILABLE") });
    await failed.session.load(demo);
    expect(failed.store.get().model).toMatchObject({ status: "failed", problem: { code: "HUB_UNAVAILABLE" } });
  });

  it("ends an answer whose worker has crashed, and loads again", async () => {
    const { session, store, crashes } = sessionWith({ ask: () => new Promise(() => {}) });
    await session.load(demo);
    void session.ask("One?");
    crashes[0]!("It ran out of memory.");
    expect(store.get().model).toMatchObject({ status: "crashed", problem: { code: "WORKER_FAILED" } });
    expect(store.get().turns[0]!.answer).toMatchObject({ status: "failed", problem: { code: "WORKER_FAILED" } });
    await session.resume();
    expect(store.get().model.status).toBe("ready");
  });

  it("shows the frames that were asked for last, whichever are there first", async () => {
    const previews: { segments: number; resolve: (preview: unknown) => void }[] = [];
    const preview = ({ segments }: { segments: number }) =>
      new Promise((resolve) => previews.push({ segments, resolve }));
    const { session, store } = sessionWith({ preview });
    await session.load(demo);
    session.add({ ...picture, kind: "video", segments: 8, suggestions: [] });
    const id = store.get().waiting[0]!;
    const resampled = session.resample(id, 3);
    const made = (width: number) => ({ width, height: 1, duration: null, frames: [] });
    previews[1]!.resolve(made(3));
    await resampled;
    previews[0]!.resolve(made(8));
    await new Promise((resolve) => setTimeout(resolve));
    expect(previews.map(({ segments }) => segments)).toEqual([8, 3]);
    expect(store.get().media[id]).toMatchObject({ segments: 3, preview: { width: 3 } });
  });

  it("ends an answer whose model is replaced", async () => {
    const { session, store } = sessionWith({ ask: () => new Promise(() => {}) });
    await session.load(demo);
    void session.ask("One?");
    await session.load(demo);
    expect(store.get().turns[0]!.answer.status).toBe("failed");
  });
});
