import { expect, it } from "vitest";
import { answersFromHalfCaches } from "../half-cache.js";

const adapter = await navigator.gpu.requestAdapter();

it("keys and values in float16 are refused when the model is loaded: this adapter has no shader-f16", async () => {
  expect(adapter!.features.has("shader-f16")).toBe(false);
  await expect(answersFromHalfCaches("tiny-4b", "webgpu")).rejects.toMatchObject({
    code: "UNSUPPORTED",
    parts: { expected: "a device with the feature shader-f16" },
  });
});
