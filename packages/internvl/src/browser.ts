import { setDefaultRuntime } from "@internvl/core";
import { defaultRuntime } from "./web-runtime.js";

setDefaultRuntime(defaultRuntime);

export {
  deleteStoredModel,
  listStoredFolders,
  listStoredModels,
  openDirectoryHandle,
  openFileList,
  removeStoredFolder,
} from "@internvl/runtime-web";
export * from "./api.js";
export { defaultRuntime } from "./web-runtime.js";
