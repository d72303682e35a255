import { readdirSync, readFileSync } from "node:fs";
import { type FileSink, InternVLError, type ModelFiles } from "@internvl/core";

export type Files = Record<string, string | Uint8Array>;

/** A folder in memory: what a hub snapshot or dropped files look like to the library. */
export function memoryFiles(files: Files, name = "memory"): ModelFiles {
  const read = async (path: string): Promise<Uint8Array> => {
    const content = files[path];
    if (content === undefined) throw new InternVLError("FILE_NOT_FOUND", { what: `${path} is not in ${name}` });
    return typeof content === "string" ? new TextEncoder().encode(content) : content;
  };
  return {
    name,
    list: async () => Object.keys(files).sort(),
    has: async (path) => Object.hasOwn(files, path),
    size: async (path) => (await read(path)).length,
    read,
    readRange: async (path, start, end) => (await read(path)).subarray(start, end),
  };
}

/** A folder to write into, and what was written. */
export function memorySink(): { sink: FileSink; written: Record<string, Uint8Array> } {
  const written: Record<string, Uint8Array> = {};
  const create: FileSink["create"] = async (path) => {
    const parts: Uint8Array[] = [];
    return {
      write: async (bytes) => {
        parts.push(bytes.slice());
      },
      commit: async () => {
        written[path] = Buffer.concat(parts);
      },
      abort: async () => {},
    };
  };
  return { sink: { name: "sink", create }, written };
}

const fixtures = new URL("./fixtures/", import.meta.url);

export function fixture<Value>(name: string): Value {
  return JSON.parse(readFileSync(new URL(name, fixtures), "utf8")) as Value;
}

/** The files of the tiny Qwen2 tokenizer, 451 tokens. */
export function tinyTokenizerFiles(): Files {
  const folder = new URL("tokenizer-qwen2/", fixtures);
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
