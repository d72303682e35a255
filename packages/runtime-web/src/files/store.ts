import { assertSafePath, type FileStore, InternVLError, type ModelFiles } from "@internvl/core";
import { isHubId, openHub } from "../hub/open.js";
import { resolveSettings, type WebFilesOptions } from "../hub/settings.js";
import { openDirectoryHandle, reopenChosen } from "./chosen.js";
import { findFolder, privateFolder } from "./opfs.js";
import { storedFolderPath } from "./sink.js";
import { UrlFiles } from "./url-files.js";

/**
 * Models by name: a folder of this page's storage that something was saved into, the address of a folder on a web server
 * (`https:…`, or relative to the page: `./models/tiny`, `/models/tiny`), or an id of the Hub. A folder of the storage wins,
 * as a directory does in Node; what begins with `.` or `/` is never an id.
 */
export function createWebFiles(options: WebFilesOptions = {}): FileStore {
  return {
    async open(model, opening = {}) {
      const { subfolder = "" } = opening;
      const inner = subfolder === "" ? "" : assertSafePath(subfolder, "The option subfolder");
      const address = /^https?:/i.test(model);
      const stored = address ? undefined : await storedFolder(model, inner);
      if (stored !== undefined) return stored;
      if (isHubId(model)) return openHub(model, opening, options);
      if ((address || isRelativeAddress(model)) && !opening.local_files_only) {
        const files = new UrlFiles(inner === "" ? model : `${model}/${inner}`, resolveSettings(options, {}));
        // Now and not at the first read: what is wrong with the address belongs here.
        await files.list();
        return files;
      }
      throw new InternVLError("FILE_NOT_FOUND", {
        what: `There is no folder "${model}" in this page's storage`,
        expected: "a folder that was saved, an address, or an id like OpenGVLab/InternVL2_5-1B",
        fix: opening.local_files_only ? "Allow the network, if it is an address." : "Check the spelling.",
      });
    },
    async nameElsewhere(model) {
      const isRelative = isRelativeAddress(model) && (await storedFolder(model, "")) === undefined;
      return isRelative ? new URL(model, location.href).href : model;
    },
    reopen: reopenChosen,
  };
}

/** `createWebFiles` with its defaults. */
export const webFiles: FileStore = createWebFiles();

function isRelativeAddress(model: string): boolean {
  return /^\.{0,2}\//.test(model);
}

async function storedFolder(model: string, inner: string): Promise<ModelFiles | undefined> {
  let path: string;
  try {
    path = storedFolderPath(model);
  } catch {
    // `../models/tiny` is an address and no folder of the storage.
    return undefined;
  }
  const whole = await privateFolder(path);
  const folder = whole && (await findFolder(whole, inner));
  return folder && openDirectoryHandle(folder, inner === "" ? model : `${model}/${inner}`);
}
