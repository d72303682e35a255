import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { findFamilyMember } from "@internvl/config";
import { InternVLError } from "@internvl/core";

/**
 * The checkpoint: `--input`, or the published model of `--model_name` where it lies already, else its hub id.
 *
 * @throws InternVLError `INPUT_INVALID` (neither, or no such model)
 */
export function resolveInput(options: { input?: string; model_name?: string; cache_dir?: string }): string {
  if (options.input !== undefined) return options.input;
  if (options.model_name === undefined) {
    throw new InternVLError("INPUT_INVALID", {
      what: "There is nothing to convert",
      expected: "--model_name NAME or --input DIR_OR_ID",
      fix: "Run: internvl-convert --input DIR, with the folder of a checkpoint.",
    });
  }
  const { name, id } = findFamilyMember(options.model_name);
  const roots = options.cache_dir === undefined ? ["."] : [options.cache_dir, "."];
  const places = roots.flatMap((root) => [join(root, name), join(root, id)]);
  return places.find((place) => existsSync(join(place, "config.json"))) ?? id;
}

/** Where the result goes when nothing is said: beside the checkpoint, or here for one of the hub. */
export function defaultOutput(input: string, suffix: string): string {
  const name = input.replace(/[/\\]+$/, "");
  return `${existsSync(name) ? name : basename(name)}-${suffix}`;
}
