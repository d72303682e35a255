export { quantiseBlockwise } from "./blockwise.js";
export { castTo } from "./cast.js";
export { quantiseColumns } from "./columns.js";
export { toFloat16, toFloat32 } from "./convert.js";
export { quantiseRows } from "./rows.js";
