export { openDirectoryHandle, openFileList } from "./files/chosen.js";
export { openStoredSink } from "./files/sink.js";
export { chooseDevice, type WebDevice, type WebDeviceChoice } from "./inference/device.js";
export { createWebInference, type WebInferenceOptions, webInference } from "./inference/runtime.js";
export { webMedia } from "./media/decoder.js";
