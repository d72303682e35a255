export { assertNamesOf } from "./mixed.js";
export { type SharingConfig, sameDtype } from "./rows.js";
export { NAME_TABLES, type NameRow, type RowSharing } from "./table.js";
export { asOriginal, asTransformers, transformersSpecs, withFileNames } from "./views.js";
