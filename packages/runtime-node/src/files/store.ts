import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { assertSafePath, type FileStore, InternVLError } from "@internvl/core";
import { isHubId, openHub } from "../hub/open.js";
import type { NodeFilesOptions } from "../hub/settings.js";
import { DirectoryFiles } from "./directory.js";
import { isMissing } from "./system-error.js";

/**
 * Models in directories (a path, `~/…` or a `file:` URL) and on the Hub (an id). A directory that exists wins; what
 * begins with `.`, `/` or `~` is never an id.
 */
export function createNodeFiles(options: NodeFilesOptions = {}): FileStore {
  return {
    async open(model, opening = {}) {
      const directory = expandPath(model);
      if (await isDirectory(directory, model)) return openDirectory(directory, opening.subfolder);
      if (isHubId(model)) return openHub(model, opening, options);
      throw new InternVLError("FILE_NOT_FOUND", {
        what: `There is no folder ${directory}`,
        expected: "the folder of a model, or an id like OpenGVLab/InternVL2_5-1B",
        fix: "Check the spelling; a relative path starts at the current directory.",
      });
    },
  };
}

/** `createNodeFiles` with its defaults: the environment decides. */
export const nodeFiles: FileStore = createNodeFiles();

async function openDirectory(directory: string, subfolder: string | undefined): Promise<DirectoryFiles> {
  if (subfolder === undefined || subfolder === "") return new DirectoryFiles(directory);
  const inner = resolve(directory, assertSafePath(subfolder, "The option subfolder"));
  if (await isDirectory(inner, inner)) return new DirectoryFiles(inner);
  throw new InternVLError("FILE_NOT_FOUND", {
    what: `The folder ${subfolder} is not in ${directory}`,
    fix: "Check the option subfolder.",
  });
}

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
