export type { SafetensorsDtype } from "./dtype.js";
export { readSafetensorsHeader, type SafetensorsHeader } from "./header.js";
export type { SafetensorsEntry } from "./layout.js";
export { type SafetensorsSource, type WriteSafetensorsOptions, writeSafetensors } from "./write.js";
