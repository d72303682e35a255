import type { Session, SessionOptions } from "@internvl/core";
import { webInference } from "@internvl/runtime-web";

/** ONNX: `y = Identity(x)` over `x [n]` of float32. */
const IDENTITY = "CAg6OQoQCgF4EgF5IghJZGVudGl0eRIBZ1oQCgF4EgsKCQgBEgUKAxIBbmIQCgF5EgsKCQgBEgUKAxIBbkIECgAQEQ==";

/** A session of the smallest graph, for tests of what is around it. */
export function tinyGraph(options: SessionOptions): Promise<Session> {
  const bytes = Uint8Array.from(atob(IDENTITY), (character) => character.charCodeAt(0));
  return webInference.createSession({ bytes }, options);
}
