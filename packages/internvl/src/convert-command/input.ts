import { existsSync } from "node:fs";
import { join } from "node:path";
import { findFamilyMember } from "@internvl/config";
import { InternVLError } from "@internvl/core";

/**
 * The checkpoint's folder: `--input`, or the published model of `--model_name` where it lies already.
 *
 * @throws InternVLError `INPUT_INVALID` (neither, or no such model), `FILE_NOT_FOUND` (not here)
 */
export function resolveInput(options: { input?: string; model_name?: string; cache_dir?: string }): string {
  if (options.input !== undefined) return options.input;
  if (options.model_name === undefined) {
    throw new InternVLError("INPUT_INVALID", {
      what: "There is nothing to convert",
      expected: "--model_name NAME or --input DIR",
      fix: "Run: internvl-convert --input DIR, with the folder of a checkpoint.",
    });
  }
  const { name, id } = findFamilyMember(options.model_name);
  const roots = options.cache_dir === undefined ? ["."] : [options.cache_dir, "."];
  const places = roots.flatMap((root) => [join(root, name), join(root, id)]);
  const found = places.find((place) => existsSync(join(place, "config.json")));
  if (found !== undefined) return found;
  throw new InternVLError("FILE_NOT_FOUND", {
    what: `${id} is not here, and downloading is not built yet`,
    expected: `its files in ${places.join(" or ")}`,
    got: "no such folder with a config.json",
    fix: "Download the checkpoint by other means, then run: internvl-convert --input DIR.",
  });
}
