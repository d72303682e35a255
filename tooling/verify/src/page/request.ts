import type { DemoReference } from "../demo/group.js";
import type { GroupSummary } from "../report.js";

/** What the page is asked to check. */
export interface PageRequest {
  /** Names of groups, `demo` among them. */
  groups: readonly string[];
  /** Whether there is a folder of other projects' files. */
  hasThirdParty: boolean;
  /** What the demo model answered in Node. */
  demo: DemoReference;
}

declare global {
  /** Of the page: runs the checks. Called by the program that opened it. */
  var verifyInPage: (request: PageRequest) => Promise<void>;
  /** Of the program: gets what each group found. */
  var onGroup: (summary: GroupSummary) => Promise<void>;
}
