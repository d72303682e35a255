import { expect, it } from "vitest";
import { tinyGraph } from "../graph.js";

it("a page that is not isolated gets one thread without asking, and is told why it gets no more", async () => {
  expect(crossOriginIsolated).toBe(false);
  await (await tinyGraph({})).release();
  await (await tinyGraph({ threads: 1 })).release();
  await expect(tinyGraph({ threads: 2 })).rejects.toMatchObject({
    code: "UNSUPPORTED",
    message: expect.stringContaining("Cross-Origin-Opener-Policy: same-origin"),
  });
});
