import { it } from "vitest";
import { answersFromHalfCaches } from "../half-cache.js";

it("answers from keys and values in float16 on WebGPU", () => answersFromHalfCaches("tiny-4b", "webgpu"));
