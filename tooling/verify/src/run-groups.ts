import { setDefaultRuntime } from "@internvl/core";
import type { GoldenFolder } from "./golden/folder.js";
import type { Group } from "./groups/group.js";
import { Models } from "./models.js";
import type { Platform } from "./platform/platform.js";
import { GroupReport, type GroupSummary } from "./report.js";

/** Called as each group ends. */
export type OnGroup = (summary: GroupSummary) => void;

/** Runs groups of checks one after the other; an error in one is its failure, and the next goes on. */
export async function runGroups(
  golden: GoldenFolder,
  platform: Platform,
  groups: Readonly<Record<string, Group>>,
  onGroup?: OnGroup,
): Promise<GroupSummary[]> {
  setDefaultRuntime(platform.runtime);
  const models = await Models.open(golden, platform);
  try {
    const summaries: GroupSummary[] = [];
    for (const [name, group] of Object.entries(groups)) {
      const report = new GroupReport(platform.device === undefined ? name : `${name} on ${platform.device}`);
      await report.attempt(`the group ${name}`, () => group({ golden, models, platform, report }));
      const summary = report.summary();
      onGroup?.(summary);
      summaries.push(summary);
    }
    return summaries;
  } finally {
    await models.dispose();
  }
}
