import { describeFilesContract } from "@internvl/core/contract";
import { openDirectoryHandle, openFileList, openStoredSink } from "@internvl/runtime-web";
import { describe, expect, it } from "vitest";
import { storedFolder, writeAll } from "./folder.js";

const api = { describe, it, expect };

describe("a folder of the page's storage", () => {
  describeFilesContract(api, {
    async makeFolder(files) {
      const { name, handle } = await storedFolder();
      await writeAll(name, files);
      return openDirectoryHandle(handle);
    },
    async makeSink() {
      const { name, handle } = await storedFolder();
      return { sink: await openStoredSink(name), files: openDirectoryHandle(handle) };
    },
  });
});

describe("chosen files", () => {
  describeFilesContract(api, {
    makeFolder: async (files) =>
      openFileList(Object.entries(files).map(([path, bytes]) => chosen(`my-model/${path}`, bytes))),
  });

  it("may be files without a folder", async () => {
    const files = openFileList([new File(["{}"], "config.json")]);
    expect(await files.list()).toEqual(["config.json"]);
    expect(openFileList([chosen("my-model/config.json", new Uint8Array())]).name).toBe("my-model");
  });
});

/** A file as an `<input webkitdirectory>` gives it. */
function chosen(path: string, bytes: Uint8Array): File {
  const file = new File([new Uint8Array(bytes)], path.slice(path.lastIndexOf("/") + 1));
  Object.defineProperty(file, "webkitRelativePath", { value: path });
  return file;
}
