import { existsSync } from "node:fs";
import { InternVLError, setDefaultRuntime } from "@internvl/core";
import { nodeRuntime } from "@internvl/runtime-node";
import { GoldenFolder } from "./golden/folder.js";
import { GROUPS } from "./groups/index.js";
import { Models } from "./models.js";
import { GroupReport, type GroupSummary } from "./report.js";
import { temporaryFolder } from "./workspace.js";

export interface VerifyOptions {
  /** Names of groups. Default: all. */
  groups?: readonly string[];
  /** Called as each group ends. */
  onGroup?: (summary: GroupSummary) => void;
}

/**
 * Runs the golden checks over a directory.
 *
 * @throws InternVLError `INPUT_INVALID` (a group that there is not), `FILE_NOT_FOUND` (no such directory)
 */
export async function verify(directory: string | GoldenFolder, options: VerifyOptions = {}): Promise<GroupSummary[]> {
  const golden = typeof directory === "string" ? new GoldenFolder(directory) : directory;
  const groups = options.groups ?? Object.keys(GROUPS);
  assertKnown(groups);
  if (!existsSync(golden.directory)) {
    throw new InternVLError("FILE_NOT_FOUND", {
      what: `There is no folder ${golden.directory}`,
      expected: "a directory of golden data",
    });
  }
  setDefaultRuntime(nodeRuntime);
  const workspace = temporaryFolder();
  const models = new Models(golden, workspace.path);
  try {
    const summaries: GroupSummary[] = [];
    for (const name of groups) {
      const report = new GroupReport(name);
      await report.attempt(`the group ${name}`, () => GROUPS[name]!({ golden, models, report }));
      const summary = report.summary();
      options.onGroup?.(summary);
      summaries.push(summary);
    }
    return summaries;
  } finally {
    await models.dispose();
    workspace.remove();
  }
}

function assertKnown(groups: readonly string[]): void {
  const unknown = groups.find((name) => !Object.hasOwn(GROUPS, name));
  if (unknown === undefined) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "There is no such group of checks",
    expected: Object.keys(GROUPS).join(", "),
    got: unknown,
  });
}
