import { openStoredSink, removeStoredFolder, webFiles, webRuntime } from "@internvl/runtime-web";
import { GoldenFolder } from "../golden/folder.js";
import { ADDRESSES } from "../page/addresses.js";
import type { Platform } from "./platform.js";

/** A page that the folders of `ADDRESSES` are served to. */
export function webPlatform(differs: Pick<Platform, "device" | "takes"> = {}): Platform {
  return {
    ...differs,
    runtime: webRuntime,
    fixtures: async () => GoldenFolder.open(await webFiles.open(ADDRESSES.fixtures)),
    openWorkspace: async () => {
      const root = `verify-${crypto.randomUUID()}`;
      return {
        folder: (name) => `${root}/${name}`,
        openSink: openStoredSink,
        remove: () => removeStoredFolder(root),
      };
    },
  };
}
