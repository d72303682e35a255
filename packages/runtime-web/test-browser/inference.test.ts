import { describeInferenceContract } from "@internvl/core/contract";
import { webInference } from "@internvl/runtime-web";
import { describe, expect, it } from "vitest";

describeInferenceContract({ describe, it, expect }, () => webInference);

describe("onnxruntime's own files", () => {
  it("come from the page's origin and from nowhere else", () => {
    const fetched = performance.getEntriesByType("resource").map((entry) => new URL(entry.name));
    expect(fetched.some((url) => url.pathname.endsWith(".wasm"))).toBe(true);
    expect(fetched.filter((url) => /^https?:$/.test(url.protocol) && url.origin !== location.origin)).toEqual([]);
  });
});
