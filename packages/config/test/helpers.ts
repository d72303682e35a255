import { readFileSync } from "node:fs";
import { type FileSink, InternVLError, type JsonObject, type ModelFiles } from "@internvl/core";
import { expect } from "vitest";

export function fixture(name: string): JsonObject {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8"));
}

/** The error that `run` throws; a test that expects one fails when there is none. */
export function errorOf(run: () => unknown): InternVLError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(InternVLError);
    return error as InternVLError;
  }
  throw new Error("nothing was thrown");
}

/** `json` with the value at `path` replaced. */
export function changed(json: JsonObject, path: string, value: unknown): JsonObject {
  const copy = structuredClone(json);
  const names = path.split(".");
  const last = names.pop() as string;
  const target = names.reduce((object, name) => object[name] as JsonObject, copy);
  target[last] = value as JsonObject;
  return copy;
}

/** A folder in memory that can be written and read. */
export class MemoryFolder implements FileSink, ModelFiles {
  readonly name = "memory";
  readonly files = new Map<string, Uint8Array>();

  constructor(files: Record<string, string | Uint8Array> = {}) {
    for (const [path, content] of Object.entries(files)) {
      this.files.set(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    }
  }

  text(path: string): string {
    return new TextDecoder().decode(this.files.get(path));
  }

  async create(path: string): ReturnType<FileSink["create"]> {
    const parts: Uint8Array[] = [];
    return {
      write: async (bytes: Uint8Array) => void parts.push(bytes.slice()),
      commit: async () => void this.files.set(path, new Uint8Array(Buffer.concat(parts))),
      abort: async () => {},
    };
  }

  async list(): Promise<string[]> {
    return [...this.files.keys()].sort();
  }

  async has(path: string): Promise<boolean> {
    return this.files.has(path);
  }

  async size(path: string): Promise<number> {
    return (await this.read(path)).length;
  }

  async read(path: string): Promise<Uint8Array> {
    const bytes = this.files.get(path);
    if (bytes === undefined) throw new InternVLError("FILE_NOT_FOUND", { what: `There is no ${path} in memory` });
    return bytes;
  }

  async readRange(path: string, start: number, end: number): Promise<Uint8Array> {
    return (await this.read(path)).subarray(start, end);
  }
}
