import { describe, expect, it } from "vitest";
import { tinyGraph } from "./graph.js";

describe("onnxruntime's own files", () => {
  it("come from the page's origin and from nowhere else", async () => {
    await (await tinyGraph({})).release();
    const fetched = performance.getEntriesByType("resource").map((entry) => new URL(entry.name));
    expect(fetched.some((url) => url.pathname.endsWith(".wasm"))).toBe(true);
    expect(fetched.filter((url) => /^https?:$/.test(url.protocol) && url.origin !== location.origin)).toEqual([]);
  });
});
