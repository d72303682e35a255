export { type RewriteOptions, type Rewriting, rewriteCheckpoint } from "./rewrite.js";
