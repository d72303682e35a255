export { DTYPE_BYTES, elementCount, type SafetensorsDtype } from "./dtype.js";
export { MAX_HEADER_BYTES, readSafetensorsHeader, type SafetensorsHeader } from "./header.js";
export type { SafetensorsEntry } from "./layout.js";
export { type SafetensorsSource, type WriteSafetensorsOptions, writeSafetensors } from "./write.js";
