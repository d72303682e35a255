import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openModel } from "internvl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Interrupts } from "../src/chat/interrupts.js";
import { cacheDirectory } from "../src/model/cache-directory.js";
import { checkpointHash } from "../src/model/checkpoint-hash.js";
import { questionMessage } from "../src/model/question.js";

describe("Ctrl-C in a chat", () => {
  it("stops the answer, and then the program", () => {
    const interrupts = new Interrupts();
    expect(interrupts.press(true)).toBe("stop-answer");
    expect(interrupts.press(true)).toBe("quit");
  });

  it("at the prompt says how to quit", () => {
    const interrupts = new Interrupts();
    expect(interrupts.press(false)).toBe("warn");
    expect(interrupts.press(false)).toBe("quit");
  });

  it("counts anew after a line", () => {
    const interrupts = new Interrupts();
    interrupts.press(true);
    interrupts.reset();
    expect(interrupts.press(true)).toBe("stop-answer");
    interrupts.reset();
    expect(interrupts.press(false)).toBe("warn");
  });

  it("right after a stopped answer quits", () => {
    const interrupts = new Interrupts();
    interrupts.press(true);
    expect(interrupts.press(false)).toBe("quit");
  });
});

describe("cacheDirectory", () => {
  it("is where each system has it", () => {
    expect(cacheDirectory({ XDG_CACHE_HOME: "/x" }, "darwin", "/home/me")).toBe(join("/x", "internvl"));
    expect(cacheDirectory({}, "linux", "/home/me")).toBe(join("/home/me", ".cache", "internvl"));
    expect(cacheDirectory({}, "darwin", "/Users/me")).toBe(join("/Users/me", "Library", "Caches", "internvl"));
    expect(cacheDirectory({ LOCALAPPDATA: "L" }, "win32", "C")).toBe(join("L", "internvl", "Cache"));
  });
});

describe("questionMessage", () => {
  it("puts pictures before the text, unless it says where they go", () => {
    expect(questionMessage("Why?", 0)).toEqual({ role: "user", content: "Why?" });
    const content = [{ type: "image" }, { type: "image" }, { type: "text", text: "Why?" }];
    expect(questionMessage("Why?", 2)).toEqual({ role: "user", content });
    expect(questionMessage("A: <image> B: <image>", 2).content).toBe("A: <image> B: <image>");
  });
});

describe("checkpointHash", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "internvl-hash-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("follows the content of what a conversion reads, and nothing else", async () => {
    const hash = async () => checkpointHash(await openModel(folder));
    await writeFile(join(folder, "config.json"), "{}");
    await writeFile(join(folder, "model.safetensors"), "weights");
    const before = await hash();
    await writeFile(join(folder, "README.md"), "new");
    await utimes(join(folder, "config.json"), 1, 1);
    expect(await hash()).toBe(before);
    await writeFile(join(folder, "model.safetensors"), "Weights");
    expect(await hash()).not.toBe(before);
  });

  it("sees every piece that it samples of a large file, the last byte included", async () => {
    const hash = async () => checkpointHash(await openModel(folder));
    const bytes = new Uint8Array(65 * 2 ** 20);
    await writeFile(join(folder, "model.safetensors"), bytes);
    const before = await hash();
    bytes[bytes.length - 1] = 1;
    await writeFile(join(folder, "model.safetensors"), bytes);
    expect(await hash()).not.toBe(before);
  });
});
