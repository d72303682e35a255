import type { Runtime } from "@internvl/core";
import { openDirectoryStore } from "./files/byte-store.js";
import { openDirectorySink } from "./files/sink.js";
import { nodeFiles } from "./files/store.js";
import { nodeInference } from "./inference/runtime.js";
import { nodeMedia } from "./media/decoder.js";

/** Node: onnxruntime-node, sharp, the file system. Copy it with one capability replaced to swap that one alone. */
export const nodeRuntime: Runtime = {
  name: "node",
  inference: nodeInference,
  media: nodeMedia,
  files: nodeFiles,
  openSink: openDirectorySink,
  openByteStore: openDirectoryStore,
};
