import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { assertSafePath, type FileStore, InternVLError } from "@internvl/core";
import { DirectoryFiles } from "./directory.js";
import { isMissing } from "./system-error.js";

/** `name` or `owner/name`, in the characters that the Hub allows. */
const HUB_ID = /^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/;

/**
 * Models in directories: a path, `~/…` or a `file:` URL, with the option `subfolder`. Ids of the Hub are recognised and
 * refused, because downloading is not built yet.
 */
export const nodeFiles: FileStore = {
  async open(model, { subfolder } = {}) {
    const directory = expandPath(model);
    if (!(await isDirectory(directory, model))) throw notFound(model, directory);
    if (subfolder === undefined || subfolder === "") return new DirectoryFiles(directory);

    const inner = resolve(directory, assertSafePath(subfolder, "The option subfolder"));
    if (!(await isDirectory(inner, inner))) {
      throw new InternVLError("FILE_NOT_FOUND", {
        what: `The folder ${subfolder} is not in ${directory}`,
        fix: "Check the option subfolder.",
      });
    }
    return new DirectoryFiles(inner);
  },
};

/**
 * A path as people write it: `file:` URLs and `~` are understood.
 *
 * @throws InternVLError `FILE_NOT_FOUND` for a `file:` URL of another machine
 */
export function expandPath(path: string): string {
  if (path.startsWith("file:")) return pathOfUrl(path);
  if (path === "~" || path.startsWith("~/") || path.startsWith("~\\")) return homedir() + path.slice(1);
  return resolve(path);
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new InternVLError("FILE_NOT_FOUND", {
      what: `${url} names no file of this machine: ${(cause as Error).message}`,
      expected: "file:///path",
      cause,
    });
  }
}

async function isDirectory(path: string, shown: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw new InternVLError("FILE_NOT_FOUND", {
      what: `${shown} cannot be opened: ${(error as Error).message}`,
      cause: error,
    });
  }
  throw new InternVLError("FILE_NOT_FOUND", {
    what: `${shown} is a file`,
    expected: "the folder of a model",
    fix: "Give the folder that the file is in.",
  });
}

function notFound(model: string, directory: string): InternVLError {
  if (HUB_ID.test(model)) {
    return new InternVLError("FILE_NOT_FOUND", {
      what: `There is no folder ${directory}, and downloading "${model}" from the Hub is not built yet`,
      fix: "Download the model by other means and give its directory.",
    });
  }
  return new InternVLError("FILE_NOT_FOUND", {
    what: `There is no folder ${directory}`,
    expected: "the directory of a model",
    fix: "Check the spelling; a relative path starts at the current directory.",
  });
}
