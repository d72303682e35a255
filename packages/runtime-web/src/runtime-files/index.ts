import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

/** What onnxruntime-web asks for: the first two on wasm, the others on WebGPU. */
export const RUNTIME_FILES = [
  "ort-wasm-simd-threaded.mjs",
  "ort-wasm-simd-threaded.wasm",
  "ort-wasm-simd-threaded.asyncify.mjs",
  "ort-wasm-simd-threaded.asyncify.wasm",
] as const;

/**
 * Copies onnxruntime's files, of the version that this package runs, into a folder of a site. For Node, in a build step:
 * most bundlers put the files where they are found by themselves.
 *
 * @param directory is made when it is not there
 * @returns the paths of the copies
 */
export async function copyRuntimeFiles(directory: string): Promise<string[]> {
  const { resolve } = createRequire(import.meta.url);
  await mkdir(directory, { recursive: true });
  const copies: string[] = [];
  for (const name of RUNTIME_FILES) {
    const copy = join(directory, name);
    await copyFile(resolve(`onnxruntime-web/${name}`), copy);
    copies.push(copy);
  }
  return copies;
}
