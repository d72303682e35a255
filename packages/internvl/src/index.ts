import { setDefaultRuntime } from "@internvl/core";
import { defaultRuntime } from "./node-runtime.js";

setDefaultRuntime(defaultRuntime);

export * from "./api.js";
export { defaultRuntime } from "./node-runtime.js";
