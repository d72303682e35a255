import { expect, it } from "vitest";
import { TimedStreamer } from "../src/engine/timed-streamer.js";

it("knows when tokens were made, however late they are read", async () => {
  const streamer = new TimedStreamer({ decode: (ids) => ids.map((id) => `t${id} `).join("") });
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  streamer.put([[1, 2]]);
  expect(streamer.first).toBeUndefined();
  const before = performance.now();
  streamer.put([[3]], [{ logprob: 0, top_logprobs: [] }]);
  await wait(30);
  streamer.put([[4]], [{ logprob: 0, top_logprobs: [], finish_reason: "eos" }]);
  streamer.end();
  const after = performance.now();
  await wait(60);
  const pieces: string[] = [];
  for await (const { piece } of streamer) pieces.push(piece);
  expect(pieces.join("")).toBe("t3 t4 ");
  expect(streamer.first).toBeGreaterThanOrEqual(before);
  expect(streamer.newest! - streamer.first!).toBeGreaterThanOrEqual(25);
  expect(streamer.newest).toBeLessThanOrEqual(after);
});
