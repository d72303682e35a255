import type { GoldenFolder } from "../golden/folder.js";
import type { Models } from "../models.js";
import type { Platform } from "../platform/platform.js";
import type { GroupReport } from "../report.js";

/** What the checks of a group work with. */
export interface GroupContext {
  golden: GoldenFolder;
  models: Models;
  platform: Platform;
  report: GroupReport;
}

/** One line of the table: reads golden data, runs our code, tells the report. */
export type Group = (context: GroupContext) => Promise<void>;
