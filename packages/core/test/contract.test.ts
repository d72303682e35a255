import { MemoryFolder } from "@internvl/core";
import { describeFilesContract } from "@internvl/core/contract";
import { describe, expect, it } from "vitest";

// The suites of inference and media need a platform: the runtimes run them. The one of files can be kept in memory.
describeFilesContract(
  { describe, it, expect },
  {
    makeFolder: async (files) => new MemoryFolder(files),
    opensRanges: true,
    async makeSink() {
      const folder = new MemoryFolder();
      return { sink: folder, files: folder };
    },
  },
);

describe("a suite of the contract", () => {
  it("fails for files that break a rule", async () => {
    const tests = new Map<string, () => Promise<void>>();
    const collect = { describe: (_: string, body: () => void) => body(), it: tests.set.bind(tests), expect };
    class Unsorted extends MemoryFolder {
      override async list(): Promise<string[]> {
        return (await super.list()).reverse();
      }
    }
    describeFilesContract(collect, { makeFolder: async (files) => new Unsorted(files) });
    await expect(tests.get("lists all files by sorted relative paths")?.()).rejects.toThrow("to deeply equal");
    await expect(tests.get("knows sizes")?.()).resolves.toBeUndefined();
  });
});
