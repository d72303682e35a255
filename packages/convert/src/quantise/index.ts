export { type BlockwiseOptions, quantiseBlockwise } from "./blockwise.js";
export { type QuantisedColumns, quantiseColumns } from "./columns.js";
export { toFloat16, toFloat32 } from "./convert.js";
export { type ExternalTensor, type QuantisedTensor, rawBytes } from "./external.js";
export { quantiseRows } from "./rows.js";
