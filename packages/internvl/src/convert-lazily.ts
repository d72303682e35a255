// The converter is a fifth of all code, and few programs convert: it is loaded when one of these is first called.
import type * as Converter from "@internvl/convert";

const load = (): Promise<typeof Converter> => import("@internvl/convert");

/** `convertCheckpoint` of @internvl/convert: a checkpoint's files to a folder of ONNX graphs. */
export const convertCheckpoint: typeof Converter.convertCheckpoint = async (...args) =>
  (await load()).convertCheckpoint(...args);

/** `rewriteCheckpoint` of @internvl/convert: a checkpoint in another dialect, with adapters merged. */
export const rewriteCheckpoint: typeof Converter.rewriteCheckpoint = async (...args) =>
  (await load()).rewriteCheckpoint(...args);

/** `inspectCheckpoint` of @internvl/convert: what a checkpoint is. */
export const inspectCheckpoint: typeof Converter.inspectCheckpoint = async (...args) =>
  (await load()).inspectCheckpoint(...args);

/** `inspectAdapter` of @internvl/convert: what a LoRA adapter is. */
export const inspectAdapter: typeof Converter.inspectAdapter = async (...args) =>
  (await load()).inspectAdapter(...args);

/** `isAdapterFolder` of @internvl/convert. */
export const isAdapterFolder: typeof Converter.isAdapterFolder = async (...args) =>
  (await load()).isAdapterFolder(...args);
