export { AutoConfig, type ConfigEntry } from "./auto-config.js";
export type { Given } from "./base/definition.js";
export type { FromDictOptions, SaveOptions } from "./base/pretrained-config.js";
export { ConfigError, type ConfigProblem } from "./base/problems.js";
export { type DialectName, dialectOf, fieldInFile } from "./dialects/index.js";
export {
  assertCacheDtype,
  CACHE_DTYPES,
  type CacheDtype,
  DEFAULT_DTYPE,
  DTYPES,
  type Dtype,
  type DtypeOption,
  GRAPHS,
  type GraphDtypes,
  type GraphName,
  graphDataPaths,
  graphPath,
  LINKED_WEIGHTS,
  resolveDtypes,
  tiedEmbeddingsPath,
} from "./dtype.js";
export { FAMILY, type FamilyMember, findFamilyMember, type LanguageSize, type VisionSize } from "./family.js";
export { type FamilyMatch, matchFamily } from "./family-match.js";
export { GENERATION_CONFIG_FILE, GenerationConfig } from "./generation.js";
export type { GenerationConfigFields, TokenIds } from "./generation-definition.js";
export { InternLM2Config, type InternLM2ConfigFields } from "./internlm2.js";
export {
  type DialectOptions,
  InternVL2_5Config,
  InternVL2_5Config as InternVLConfig,
  type InternVL2_5ConfigInput,
} from "./internvl2-5.js";
export type { InternVL2_5ConfigFields } from "./internvl2-5-definition.js";
export { type LayerType, Qwen2Config, type Qwen2ConfigFields } from "./qwen2.js";
export { contextLength, type RopeScaling } from "./rope.js";
export type { TextConfig, TextConfigFields } from "./text.js";
export {
  InternVL2_5VisionConfig,
  InternVL2_5VisionConfig as InternVLVisionConfig,
  type InternVL2_5VisionConfigFields,
} from "./vision.js";
