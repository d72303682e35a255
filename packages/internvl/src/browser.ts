import { setDefaultRuntime } from "@internvl/core";
import { defaultRuntime } from "./web-runtime.js";

setDefaultRuntime(defaultRuntime);

export { deleteStoredModel, listStoredModels, openDirectoryHandle, openFileList } from "@internvl/runtime-web";
export * from "./api.js";
export { defaultRuntime } from "./web-runtime.js";
