import { existsSync } from "node:fs";
import { InternVLError } from "@internvl/core";
import { nodePlatform, openGolden } from "./platform/node.js";
import type { GroupSummary } from "./report.js";
import { type RunOptions, runGroups } from "./run-groups.js";

/**
 * Runs the golden checks over a directory, in this program.
 *
 * @throws InternVLError `INPUT_INVALID` (a group that there is not), `FILE_NOT_FOUND` (no such directory)
 */
export async function verify(directory: string, options: RunOptions = {}): Promise<GroupSummary[]> {
  assertDirectory(directory);
  return runGroups(await openGolden(directory), nodePlatform, options);
}

/** @throws InternVLError `FILE_NOT_FOUND` */
export function assertDirectory(directory: string): void {
  if (existsSync(directory)) return;
  throw new InternVLError("FILE_NOT_FOUND", {
    what: `There is no folder ${directory}`,
    expected: "a directory of golden data",
  });
}
