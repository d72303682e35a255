import { LINKED_WEIGHTS } from "@internvl/config";
import { InternVLError, type LongCallOptions, type ModelFiles, readJsonObject } from "@internvl/core";

/**
 * Files of a checkpoint that the graphs of a folder read, relative to the folder of the graphs: those of a conversion
 * with `link`, else none.
 *
 * @throws InternVLError `UNSUPPORTED` where graphs are no files on a disk, `FILE_NOT_FOUND` for one that is missing,
 *   `FILE_INVALID`
 */
export async function linkedWeights(
  files: ModelFiles,
  listing: readonly string[],
  options: LongCallOptions,
): Promise<string[]> {
  if (!listing.includes(LINKED_WEIGHTS)) return [];
  const { files: names } = await readJsonObject(files, LINKED_WEIGHTS, options);
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) {
    throw new InternVLError("FILE_INVALID", {
      what: `${LINKED_WEIGHTS} in ${files.name} does not say which files the graphs read`,
      expected: '{ "files": [names] }',
      fix: "Convert the model again.",
    });
  }
  if (files.localPath === undefined) {
    throw new InternVLError("UNSUPPORTED", {
      what: `The graphs in ${files.name} read the checkpoint's own weights, which works from a disk alone`,
      fix: "Convert the model again without the option link.",
    });
  }
  const missing = names.map((name) => `onnx/${name}`).filter((path) => !listing.includes(path));
  if (missing.length === 0) return names;
  throw new InternVLError("FILE_NOT_FOUND", {
    what: `${missing.join(", ")} is not in ${files.name}, and the graphs read their weights from it`,
    expected: "the checkpoint's weights, linked there when the folder was converted with the option link",
    fix: "Copy the checkpoint's file of that name there, or convert the model again.",
  });
}
