import type { Runtime } from "@internvl/core";
import { openStoredSink } from "./files/sink.js";
import { webFiles } from "./files/store.js";
import { webInference } from "./inference/runtime.js";
import { webMedia } from "./media/decoder.js";

/**
 * The browser: onnxruntime-web, `createImageBitmap`, the page's own storage. Copy it with one capability replaced to swap
 * that one alone.
 */
export const webRuntime: Runtime = {
  name: "web",
  inference: webInference,
  media: webMedia,
  files: webFiles,
  openSink: openStoredSink,
};
