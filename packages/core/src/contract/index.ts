export type { TestApi } from "./api.js";
export { describeFilesContract, type FilesFixture } from "./files.js";
export { describeInferenceContract } from "./inference.js";
export { describeMediaContract } from "./media.js";
export { describeRuntimeContract, type RuntimeFixture } from "./runtime.js";
export { describeVideoContract } from "./videos.js";
