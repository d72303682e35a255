import { rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assertChecked, type Conversion, checkConversion, type PartCheck, type TensorSource } from "@internvl/convert";
import { InternVLError, type LongCallOptions } from "@internvl/core";
import { DirectoryFiles, nodeInference } from "@internvl/runtime-node";

/**
 * Parameters up to which a conversion is verified without being asked to: about a quarter of a minute at most. The 938 million
 * of a 1B in q4 take 35 seconds of processor time (measured on a busy machine), most of them for its vision tower.
 */
export const VERIFIED_PARAMETERS = 3e8;

/** The rule in words, for a help. */
export const VERIFIED_RULE: string = `up to ${VERIFIED_PARAMETERS / 1e6} million parameters`;

/** Whether a conversion of these tensors is verified where nobody says. */
export function isSmall(tensors: TensorSource): boolean {
  return parameterCount(tensors) <= VERIFIED_PARAMETERS;
}

export function parameterCount(tensors: TensorSource): number {
  return tensors
    .names()
    .reduce((sum, name) => sum + tensors.get(name).shape.reduce((product, size) => product * size, 1), 0);
}

/**
 * Compares the graphs of a folder with the checkpoint: one check for every part of each.
 *
 * @throws InternVLError what running the graphs throws; `ABORTED`
 */
export function compareFolder(
  directory: string,
  conversion: Conversion,
  options: LongCallOptions,
): Promise<PartCheck[]> {
  const folder = {
    files: new DirectoryFiles(directory),
    put: (path: string, bytes: Uint8Array) => writeFile(join(directory, path), bytes),
    remove: (path: string) => rm(join(directory, path), { force: true }),
  };
  return checkConversion(folder, conversion.graphs, conversion, nodeInference, options);
}

/**
 * Renames a folder in which a check failed to `NAME.failed`, so that nobody takes it for a model.
 *
 * @throws InternVLError `CONVERSION_FAILED` with the part that is wrong and where the folder is now
 */
export async function setAsideUnlessChecked(directory: string, checks: readonly PartCheck[]): Promise<void> {
  try {
    assertChecked(checks);
  } catch (error) {
    throw await setAside(directory, error);
  }
}

/** Renames a folder that must not be used -> the error, which says where it is. */
async function setAside(directory: string, error: unknown): Promise<unknown> {
  if (!InternVLError.isInstance(error)) return error;
  const place = await freeName(`${directory}.failed`);
  const where = await rename(directory, place).then(
    () => `What was written is in ${place}`,
    (reason: Error) => `What was written is still in ${directory} (${reason.message}): do not use it`,
  );
  return new InternVLError(error.code, { ...error.parts, fix: `${error.parts.fix} ${where}`, cause: error });
}

/** `wanted`, or with a number behind it when there is something of this name already, an earlier failure for instance. */
async function freeName(wanted: string): Promise<string> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    const isTaken = await stat(name).then(
      () => true,
      () => false,
    );
    if (!isTaken) return name;
  }
}
