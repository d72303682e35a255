import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describeRuntimeContract } from "@internvl/core/contract";
import { DirectoryFiles, nodeRuntime, openDirectorySink } from "@internvl/runtime-node";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "./folder.js";

describeRuntimeContract(
  { describe, it, expect },
  {
    runtime: nodeRuntime,
    async makeFolder(files) {
      const folder = await temporaryFolder();
      for (const [path, bytes] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), bytes);
      }
      return new DirectoryFiles(folder);
    },
    async makeSink() {
      const folder = await temporaryFolder();
      return { sink: await openDirectorySink(folder), files: new DirectoryFiles(folder) };
    },
  },
);
