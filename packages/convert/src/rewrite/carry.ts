import { type FileSink, type ModelFiles, writeFile } from "@internvl/core";

/** The files of slow tokenizers: the same in every dialect, and what other programs read them from. */
export const SLOW_TOKENIZER_FILES: readonly string[] = [
  "vocab.json",
  "merges.txt",
  "added_tokens.json",
  "tokenizer.model",
];

/** Copies those of `paths` that are there. @returns their names */
export async function carryFiles(
  source: ModelFiles,
  sink: FileSink,
  paths: readonly string[],
  options: { signal?: AbortSignal },
): Promise<string[]> {
  const carried: string[] = [];
  for (const path of paths) {
    if (!(await source.has(path))) continue;
    await writeFile(sink, path, await source.read(path, options));
    carried.push(path);
  }
  return carried;
}
