import { MemoryFolder, Registry, type RegistryEntry, readField, readModelType } from "@internvl/core";
import { describe, expect, it } from "vitest";

interface Entry extends RegistryEntry {
  value: number;
}

describe("Registry", () => {
  it("finds entries by their names, added ones first and the latest of them before all", () => {
    const registry = new Registry<Entry>("TestOrder", [{ names: ["a", "b"], value: 1 }]);
    expect(registry.find("b")?.value).toBe(1);
    expect(registry.find("c")).toBeUndefined();
    expect(registry.find(undefined)).toBeUndefined();
    registry.register({ names: ["b", "c"], value: 2 });
    registry.register({ names: ["c"], value: 3 });
    expect(["a", "b", "c"].map((name) => registry.find(name)?.value)).toEqual([1, 2, 3]);
    expect(registry.entries.map(({ value }) => value)).toEqual([3, 2, 1]);
  });

  it("shares what is added between two copies of a package, and nothing else", () => {
    const mine = new Registry<Entry>("TestCopies", [{ names: ["a"], value: 1 }]);
    const theirs = new Registry<Entry>("TestCopies", [{ names: ["a"], value: 2 }]);
    const other = new Registry<Entry>("TestOther", []);
    mine.register({ names: ["b"], value: 3 });
    expect(theirs.find("b")?.value).toBe(3);
    expect(other.find("b")).toBeUndefined();
    expect([mine.find("a")?.value, theirs.find("a")?.value]).toEqual([1, 2]);
  });

  it("names the nearest and all that are known", () => {
    const registry = new Registry<Entry>("TestNames", [{ names: ["internvl_chat", "qwen2"], value: 1 }]);
    registry.register({ names: ["qwen2", "toy"], value: 2 });
    expect(registry.unknown("It is not known", "internvl_chta")).toMatchObject({
      code: "UNSUPPORTED",
      parts: {
        what: "It is not known",
        expected: "one of qwen2, toy, internvl_chat",
        got: "internvl_chta",
        fix: expect.stringMatching(/^Did you mean "internvl_chat"\? .*TestNames\.register/),
      },
    });
    expect(registry.unknown("It is not known", undefined).parts.got).toBe("none");
  });

  it.each([[[]], [undefined], [["a", ""]], ["a"]])("refuses an entry with the names %j", (names) => {
    const registry = new Registry<Entry>("TestInvalid", []);
    expect(() => registry.register({ names, value: 1 } as Entry)).toThrow(
      expect.objectContaining({ code: "INPUT_INVALID" }),
    );
    expect(registry.entries).toEqual([]);
  });
});

it("reads a string of a JSON file, where there is one", async () => {
  const files = new MemoryFolder({ "config.json": '{"model_type": "toy", "empty": "", "number": 1}' });
  expect(await readModelType(files)).toBe("toy");
  for (const name of ["empty", "number", "none"]) {
    expect(await readField(files, "config.json", name)).toBeUndefined();
  }
  expect(await readModelType(new MemoryFolder())).toBeUndefined();
  await expect(readModelType(new MemoryFolder({ "config.json": "[" }))).rejects.toMatchObject({ code: "FILE_INVALID" });
});
