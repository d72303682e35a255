import { describeRuntimeContract } from "@internvl/core/contract";
import { openDirectoryHandle, openStoredSink, webRuntime } from "@internvl/runtime-web";
import { describe, expect, it } from "vitest";
import { storedFolder, writeAll } from "./folder.js";

describeRuntimeContract(
  { describe, it, expect },
  {
    runtime: webRuntime,
    opensRanges: true,
    async makeFolder(files) {
      const { name, handle } = await storedFolder();
      await writeAll(name, files);
      return openDirectoryHandle(handle);
    },
    async makeSink() {
      const { name, handle } = await storedFolder();
      return { sink: await openStoredSink(name), files: openDirectoryHandle(handle) };
    },
  },
);
