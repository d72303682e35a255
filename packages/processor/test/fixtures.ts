import { readdirSync, readFileSync } from "node:fs";
import { InternVLError } from "@internvl/core";

export type Files = Record<string, string | Uint8Array>;

const fixtures = new URL("./fixtures/", import.meta.url);

export function fixture<Value>(name: string): Value {
  return JSON.parse(readFileSync(new URL(name, fixtures), "utf8")) as Value;
}

/** The files of the tiny Qwen2 tokenizer, 451 tokens. */
export function tinyTokenizerFiles(): Files {
  return folderOf("tokenizer-qwen2/");
}

/** The files of the tiny InternLM2 tokenizer, 800 tokens. */
export function internlm2TokenizerFiles(): Files {
  return folderOf("tokenizer-internlm2/");
}

function folderOf(name: string): Files {
  const folder = new URL(name, fixtures);
  return Object.fromEntries(readdirSync(folder).map((path) => [path, readFileSync(new URL(path, folder))]));
}

/** The same without tokenizer.json. */
export function slowTokenizerFiles(): Files {
  const { "tokenizer.json": _, ...slow } = tinyTokenizerFiles();
  return slow;
}

/** The error code that a call ends with, for `toMatchObject` beside the parts that matter. */
export async function failure(call: () => unknown): Promise<InternVLError> {
  try {
    await call();
  } catch (error) {
    if (InternVLError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("The call did not fail");
}
