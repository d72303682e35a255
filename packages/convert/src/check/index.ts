export { assertChecked, checkConversion, partName } from "./check.js";
export { isWithinLimit, type PartCheck } from "./compare.js";
export type { CheckedFolder, OriginalModel, WrittenGraph } from "./graph.js";
