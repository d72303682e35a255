import { InternVLError, setDefaultRuntime } from "@internvl/core";
import type { GoldenFolder } from "./golden/folder.js";
import { GROUPS } from "./groups/index.js";
import { Models } from "./models.js";
import type { Platform } from "./platform/platform.js";
import { GroupReport, type GroupSummary } from "./report.js";

export interface RunOptions {
  /** Names of groups. Default: all. */
  groups?: readonly string[];
  /** Called as each group ends. */
  onGroup?: (summary: GroupSummary) => void;
}

/**
 * Runs groups of checks one after the other.
 *
 * @throws InternVLError `INPUT_INVALID` (a group that there is not)
 */
export async function runGroups(
  golden: GoldenFolder,
  platform: Platform,
  { groups = Object.keys(GROUPS), onGroup }: RunOptions = {},
): Promise<GroupSummary[]> {
  assertKnown(groups);
  setDefaultRuntime(platform.runtime);
  const models = await Models.open(golden, platform);
  try {
    const summaries: GroupSummary[] = [];
    for (const name of groups) {
      const report = new GroupReport(platform.device === undefined ? name : `${name} on ${platform.device}`);
      await report.attempt(`the group ${name}`, () => GROUPS[name]!({ golden, models, platform, report }));
      const summary = report.summary();
      onGroup?.(summary);
      summaries.push(summary);
    }
    return summaries;
  } finally {
    await models.dispose();
  }
}

/** @throws InternVLError `INPUT_INVALID` */
export function assertKnown(groups: readonly string[]): void {
  const unknown = groups.find((name) => !Object.hasOwn(GROUPS, name));
  if (unknown === undefined) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "There is no such group of checks",
    expected: Object.keys(GROUPS).join(", "),
    got: unknown,
  });
}
