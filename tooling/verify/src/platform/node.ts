import { existsSync } from "node:fs";
import { join } from "node:path";
import { DirectoryFiles, nodeRuntime, openDirectorySink } from "@internvl/runtime-node";
import { GoldenFolder } from "../golden/folder.js";
import { FIXTURES } from "../paths.js";
import { temporaryFolder } from "../temporary-folder.js";
import type { Platform } from "./platform.js";

export const nodePlatform: Platform = {
  runtime: nodeRuntime,
  fixtures: () => openGolden(FIXTURES),
  openWorkspace: async () => {
    const { path, remove } = temporaryFolder();
    return { folder: (name) => join(path, name), openSink: openDirectorySink, remove: async () => remove() };
  },
};

/** A directory of golden data, with the `third-party` that lies beside it. */
export function openGolden(directory: string): Promise<GoldenFolder> {
  const thirdParty = join(directory, "..", "third-party");
  const files = new DirectoryFiles(directory);
  return GoldenFolder.open(files, existsSync(thirdParty) ? new DirectoryFiles(thirdParty) : undefined);
}
