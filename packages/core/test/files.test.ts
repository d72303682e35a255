import { assertSafePath, type FileSink, MemoryFolder, readJsonObject, readText, writeFile } from "@internvl/core";
import { describe, expect, it, vi } from "vitest";

describe("assertSafePath", () => {
  it.each(["config.json", "onnx/model.onnx", "a..b/..c", "größe.txt", ".gitattributes"])("allows %s", (path) => {
    expect(assertSafePath(path, "The listing")).toBe(path);
  });

  it.each(["", "/etc/passwd", "..", "a/../b", "a//b", "a/", "./a", "a\\b", "C:a", "c:/a", "a\0b"])(
    "refuses %j",
    (path) => {
      expect(() => assertSafePath(path, "The listing")).toThrow(
        expect.objectContaining({ code: "FILE_INVALID", message: expect.stringContaining("The listing names a file") }),
      );
    },
  );
});

describe("readText and readJsonObject", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it("shows the first bytes of what is not UTF-8", async () => {
    const files = new MemoryFolder({ "a.json": Uint8Array.of(0x7b, 0xff, 0x01) }, "the model");
    await expect(readText(files, "a.json")).rejects.toThrow("a.json in the model is not text");
    await expect(readText(files, "a.json")).rejects.toThrow("7b ff 01");
  });

  it.each([
    ["null", "got null"],
    ["[]", "got an array"],
    ["3", "got a number"],
    ['{"a": Infinity}', "is not JSON"],
    ["", "is not JSON"],
  ])("refuses %j", async (text, part) => {
    const reading = readJsonObject(new MemoryFolder({ "a.json": bytes(text) }), "a.json");
    await expect(reading).rejects.toMatchObject({ code: "FILE_INVALID" });
    await expect(reading).rejects.toThrow(part);
  });
});

describe("writeFile", () => {
  it("writes text as UTF-8 and bytes as they are", async () => {
    const folder = new MemoryFolder();
    await writeFile(folder, "a", "ö");
    await writeFile(folder, "b", Uint8Array.of(1, 2));
    expect(folder.files).toEqual(
      new Map([
        ["a", Uint8Array.of(0xc3, 0xb6)],
        ["b", Uint8Array.of(1, 2)],
      ]),
    );
  });

  it("takes back what it began when a write fails", async () => {
    const abort = vi.fn(async () => {});
    const full = new Error("full");
    const write = () => Promise.reject(full);
    const sink: FileSink = { name: "full", create: async () => ({ write, commit: async () => {}, abort }) };
    await expect(writeFile(sink, "a", "text")).rejects.toBe(full);
    expect(abort).toHaveBeenCalledOnce();
  });
});
