import { existsSync } from "node:fs";
import { InternVLError } from "@internvl/core";
import { selectGroups } from "./groups/index.js";
import { nodePlatform, openGolden } from "./platform/node.js";
import type { GroupSummary } from "./report.js";
import { type OnGroup, runGroups } from "./run-groups.js";

export interface VerifyOptions {
  /** Names of groups. Default: all. */
  groups?: readonly string[];
  onGroup?: OnGroup;
}

/**
 * Runs the golden checks over a directory, in this program.
 *
 * @throws InternVLError `INPUT_INVALID` (a group that there is not), `FILE_NOT_FOUND` (no such directory)
 */
export async function verify(directory: string, { groups, onGroup }: VerifyOptions = {}): Promise<GroupSummary[]> {
  const selected = selectGroups(groups);
  assertDirectory(directory);
  return runGroups(await openGolden(directory), nodePlatform, selected, onGroup);
}

/** @throws InternVLError `FILE_NOT_FOUND` */
export function assertDirectory(directory: string): void {
  if (existsSync(directory)) return;
  throw new InternVLError("FILE_NOT_FOUND", {
    what: `There is no folder ${directory}`,
    expected: "a directory of golden data",
  });
}
