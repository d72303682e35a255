export { openDirectoryHandle, openFileList } from "./files/chosen.js";
export { openStoredSink } from "./files/sink.js";
export { createWebFiles, webFiles } from "./files/store.js";
export type { WebFilesOptions } from "./hub/settings.js";
export { deleteStoredModel, listStoredModels, type StoredModel } from "./hub/stored-models.js";
export { chooseDevice, type WebDevice, type WebDeviceChoice } from "./inference/device.js";
export { createWebInference, type WebInferenceOptions, webInference } from "./inference/runtime.js";
export { webMedia } from "./media/decoder.js";
export { webRuntime } from "./runtime.js";
