export { DirectoryFiles } from "./files/directory.js";
export { openDirectorySink } from "./files/sink.js";
export { createNodeFiles, nodeFiles } from "./files/store.js";
export type { Environment } from "./hub/environment.js";
export type { NodeFilesOptions } from "./hub/settings.js";
export { nodeInference } from "./inference/runtime.js";
export { nodeMedia } from "./media/decoder.js";
export { nodeRuntime } from "./runtime.js";
export { createWorkerPort, parentWorkerPort } from "./worker.js";
