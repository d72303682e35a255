import { proxy } from "comlink";
import type { EngineClient } from "../engine/client.js";
import type { AskEvent, LoadProgress } from "../engine/protocol.js";
import { askTurns, mediumOf } from "./ask-turns.js";
import { effectiveOptions } from "./options.js";
import { problemOf, STOPPED } from "./problem.js";
import type { Store } from "./store.js";
import type { Action, MediaItem, ModelRequest, Problem, State } from "./types.js";

/** Frames that a video is seen by unless the person asks for others: OpenGVLab's own number. */
export const DEFAULT_SEGMENTS = 8;

export interface SessionParts {
  store: Store<State, Action>;
  startEngine: (onCrash: (reason: string) => void) => EngineClient;
  /** The address of the demo model's folder. */
  demo: string;
}

/** What a person can do; everything that talks to the worker. */
export class Session {
  readonly store: Store<State, Action>;
  readonly #parts: SessionParts;
  #client: EngineClient | undefined;
  #count = 0;

  constructor(parts: SessionParts) {
    this.store = parts.store;
    this.#parts = parts;
  }

  get isAnswering(): boolean {
    return this.store.get().turns.at(-1)?.answer.status === "working";
  }

  /** Loads a model in the place of the one before. */
  async load(request: ModelRequest): Promise<void> {
    const { dispatch } = this.store;
    // A worker of its own for each model: the memory of wasm never shrinks.
    this.#client?.close();
    const client = this.#parts.startEngine((reason) => this.#crashed(client, reason));
    this.#client = client;
    dispatch({ type: "model", model: { status: "loading", request } });
    this.#giveUp({ code: STOPPED, message: "Another model was loaded before the answer was there." });
    try {
      const tell = proxy((progress: LoadProgress) => {
        if (this.#client === client) dispatch({ type: "progress", progress });
      });
      const facts = await client.engine.load({ ...request, demo: this.#parts.demo }, tell);
      if (this.#client === client) dispatch({ type: "model", model: { status: "ready", request, facts } });
    } catch (error) {
      if (this.#client !== client) return;
      const problem = problemOf(error);
      const model = problem.code === STOPPED ? ({ status: "paused", request } as const) : undefined;
      dispatch({ type: "model", model: model ?? { status: "failed", request, problem } });
    }
  }

  /** Stops a loading. Downloads go on where they were when it is loaded again. */
  async pause(): Promise<void> {
    await this.#client?.engine.stop();
  }

  async resume(): Promise<void> {
    await this.load(this.store.get().model.request);
  }

  add(item: Omit<MediaItem, "id">): void {
    const id = this.#id("medium");
    const { dispatch } = this.store;
    dispatch({ type: "problem", problem: undefined });
    dispatch({ type: "add", item: { ...item, id } });
    if (item.kind === "video") void this.#readVideo(id);
  }

  /** Asks about what waits and what was said before. */
  async ask(question: string): Promise<void> {
    const { dispatch, get } = this.store;
    const client = this.#client;
    if (client === undefined || get().model.status !== "ready" || this.isAnswering || question.trim() === "") return;
    const { editing } = get();
    if (editing !== undefined) dispatch({ type: "truncate", turn: editing });
    const turn = this.#id("turn");
    const answer = { status: "working", text: "", tokens: [] } as const;
    dispatch({
      type: "asked",
      turn: { id: turn, question: question.trim(), media: get().waiting, answer: { ...answer, tokens: [] } },
    });
    const { turns, media, tiles, options } = get();
    const tell = proxy((event: AskEvent) => {
      if (event.kind === "token") dispatch({ type: "token", turn, piece: event.piece, token: event.token });
      else dispatch({ type: "stage", turn, stage: { name: event.stage, done: event.done, total: event.total } });
    });
    try {
      const request = { turns: askTurns(turns, media), tiles, options: effectiveOptions(options) };
      const report = await client.engine.ask(request, tell);
      dispatch({ type: "answered", turn, report });
    } catch (error) {
      dispatch({ type: "unanswered", turn, problem: stoppedEarly(problemOf(error)) });
    }
  }

  async stop(): Promise<void> {
    await this.#client?.engine.stop();
  }

  /** Asks a turn's question again, without what came after. */
  async retry(turn: string): Promise<void> {
    const question = this.store.get().turns.find(({ id }) => id === turn)?.question;
    if (question === undefined || this.isAnswering) return;
    this.store.dispatch({ type: "edit", turn });
    await this.ask(question);
  }

  /** Another number of frames for a video. */
  async resample(id: string, segments: number): Promise<void> {
    this.store.dispatch({ type: "media", id, change: { segments, preview: undefined, problem: undefined } });
    await this.#readVideo(id);
  }

  /** The worker's engine, for what is no part of the conversation. */
  get engine(): EngineClient["engine"] | undefined {
    return this.#client?.engine;
  }

  async #readVideo(id: string): Promise<void> {
    const item = this.store.get().media[id];
    if (item === undefined || this.#client === undefined) return;
    const { dispatch, get } = this.store;
    // Another number of frames may have been asked for meanwhile.
    const isWanted = () => get().media[id]?.segments === item.segments;
    try {
      const preview = await this.#client.engine.preview(mediumOf(item));
      const { width, height } = preview;
      if (isWanted()) dispatch({ type: "media", id, change: { preview, width, height } });
    } catch (error) {
      if (isWanted()) dispatch({ type: "media", id, change: { problem: problemOf(error) } });
    }
  }

  #crashed(client: EngineClient, reason: string): void {
    if (this.#client !== client) return;
    const { dispatch, get } = this.store;
    client.close();
    this.#client = undefined;
    const problem = { code: "WORKER_FAILED", message: `The model's worker has ended. ${reason}` };
    dispatch({ type: "model", model: { status: "crashed", request: get().model.request, problem } });
    this.#giveUp(problem);
  }

  /** Ends an answer that will not come. */
  #giveUp(problem: Problem): void {
    const last = this.store.get().turns.at(-1);
    if (last?.answer.status === "working") this.store.dispatch({ type: "unanswered", turn: last.id, problem });
  }

  #id(what: string): string {
    this.#count += 1;
    return `${what}-${this.#count}`;
  }
}

function stoppedEarly(problem: { code: string; message: string }) {
  return problem.code === STOPPED ? { code: STOPPED, message: "Stopped before the first word." } : problem;
}
