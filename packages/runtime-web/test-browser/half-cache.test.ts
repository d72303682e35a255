import { it } from "vitest";
import { answersFromHalfCaches } from "./half-cache.js";

it.each(["tiny-4b", "tiny-8b"] as const)("%s answers from keys and values in float16 on wasm", (checkpoint) =>
  answersFromHalfCaches(checkpoint, "wasm"),
);
