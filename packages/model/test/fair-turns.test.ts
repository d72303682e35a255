import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FairTurns } from "../src/engine/fair-turns.js";
import type { Turns } from "../src/engine/turns.js";

/** What ran, in order, on a clock that only work moves. */
let order: string[];
let now: number;

beforeEach(() => {
  order = [];
  now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => void vi.restoreAllMocks());

const work = (name: string, ms: number) => async () => {
  order.push(name);
  now += ms;
};

/** A call that writes: asks for the next step when one has run, so many times. */
function write(turns: FairTurns, writers: number, steps: number, ms: number): Promise<void> {
  turns.writers = writers;
  return new Promise((resolve) => {
    const next = (left: number) => {
      if (left === 0) {
        turns.writers = 0;
        turns.wake();
        return resolve();
      }
      turns.step(async () => {
        await work("step", ms)();
        queueMicrotask(() => next(left - 1));
      });
    };
    next(steps);
  });
}

function read(turns: FairTurns, name: string, pieces: number, ms: number, signal?: AbortSignal): Promise<void> {
  return turns.reading(async (turn: Turns) => {
    for (let piece = 0; piece < pieces; piece++) await turn.take(work(name, ms));
  }, signal);
}

describe("turns of calls that read and calls that write", () => {
  it("go to a call that is alone at once", async () => {
    const turns = new FairTurns(true);
    await read(turns, "read", 3, 100);
    expect(order).toEqual(["read", "read", "read"]);
    order = [];
    await write(turns, 1, 3, 10);
    expect(order).toEqual(["step", "step", "step"]);
  });

  it("give answers as long as a piece took, where as many calls write as read", async () => {
    const turns = new FairTurns(true);
    await Promise.all([write(turns, 1, 14, 10), read(turns, "read", 3, 50)]);
    const five = new Array<string>(5).fill("step");
    expect(order).toEqual(["step", "read", ...five, "read", ...five, "read", ...five.slice(0, 3)]);
  });

  it("give answers less where more calls read, and no more where more calls write", async () => {
    const turns = new FairTurns(true);
    const writing = write(turns, 1, 15, 10);
    await Promise.all([writing, ...["a", "b"].map((name) => read(turns, name, 2, 100))]);
    const five = new Array<string>(5).fill("step");
    expect(order).toEqual(["step", "a", ...five, "b", ...five, "a", ...five.slice(1), "b"]);
    order = [];
    const others = new FairTurns(true);
    await Promise.all([write(others, 3, 12, 10), read(others, "read", 2, 50)]);
    expect(order).toEqual(["step", "read", ...five, "read", ...five, "step"]);
  });

  it("go to prompts in turn, a piece each", async () => {
    const turns = new FairTurns(true);
    await Promise.all([read(turns, "a", 3, 10), read(turns, "b", 2, 10), read(turns, "c", 1, 10)]);
    expect(order).toEqual(["a", "b", "c", "a", "b", "a"]);
  });

  it("make pieces smaller while others write, where that is allowed", async () => {
    const pieceOf = (turns: FairTurns) => turns.reading(async ({ pieceSize }) => pieceSize, undefined);
    const turns = new FairTurns(true);
    expect(await pieceOf(turns)).toBe(Number.POSITIVE_INFINITY);
    turns.writers = 1;
    expect(await pieceOf(turns)).toBe(256);
    const whole = new FairTurns(false);
    whole.writers = 1;
    expect(await pieceOf(whole)).toBe(Number.POSITIVE_INFINITY);
  });

  it("are given up at once by a call that is aborted while it waits", async () => {
    const turns = new FairTurns(true);
    let finish = () => {};
    const long = turns.reading(({ take }) => take(() => new Promise<void>((resolve) => (finish = resolve))), undefined);
    const controller = new AbortController();
    const waiting = read(turns, "never", 1, 10, controller.signal);
    const after = read(turns, "after", 1, 10);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
    finish();
    await Promise.all([long, after]);
    expect(order).toEqual(["after"]);
  });

  it("go on after a piece that failed", async () => {
    const turns = new FairTurns(true);
    const failure = new Error("no memory");
    const failing = turns.reading(({ take }) => take(() => Promise.reject(failure)), undefined);
    await expect(failing).rejects.toBe(failure);
    await read(turns, "read", 1, 10);
    expect(order).toEqual(["read"]);
  });
});
