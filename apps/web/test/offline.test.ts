import { describe, expect, it } from "vitest";
import { isolated } from "../src/offline/isolated-response.js";
import { keptResponse } from "../src/offline/kept-response.js";

const url = "http://localhost/model/weights";
const kept = () =>
  new Response("0123456789", { headers: { "content-type": "text/plain", "content-encoding": "gzip" } });
const ask = (init: RequestInit) => keptResponse(new Request(url, init), kept());

describe("keptResponse", () => {
  it("is the whole file", async () => {
    expect(await (await ask({})).text()).toBe("0123456789");
  });

  it.each([
    ["bytes=2-4", "234", "bytes 2-4/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=8-99", "89", "bytes 8-9/10"],
  ])("answers %s", async (range, text, contentRange) => {
    const response = await ask({ headers: { range } });
    expect(response.status).toBe(206);
    expect(await response.text()).toBe(text);
    expect(response.headers.get("content-range")).toBe(contentRange);
  });

  it("refuses a range behind the end", async () => {
    const response = await ask({ headers: { range: "bytes=10-12" } });
    expect([response.status, response.headers.get("content-range")]).toEqual([416, "bytes */10"]);
  });

  it("tells the length of what was stored, not of what was sent", async () => {
    const { headers } = await ask({ method: "HEAD" });
    expect([headers.get("content-length"), headers.get("content-encoding")]).toEqual(["10", null]);
  });
});

describe("isolated", () => {
  it("adds the headers and keeps the rest", async () => {
    const response = isolated(new Response("x", { status: 203, headers: { "content-type": "text/css" } }));
    expect(response.status).toBe(203);
    expect(response.headers.get("content-type")).toBe("text/css");
    expect(response.headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(response.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    expect(await response.text()).toBe("x");
  });

  it("takes answers without a body", () => {
    expect(isolated(new Response(null, { status: 304 })).status).toBe(304);
  });
});
