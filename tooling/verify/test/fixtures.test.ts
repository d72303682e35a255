import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { GROUPS } from "../src/groups/index.js";
import type { GroupSummary } from "../src/report.js";
import { verify } from "../src/verify.js";

const FIXTURES = fileURLToPath(new URL("../fixtures", import.meta.url));
/** Against hanging, in milliseconds: all groups run at once, and other programs may have the processor. */
const TIMEOUT = 600_000;

describe("the fixtures of the repository", () => {
  let summaries: GroupSummary[];

  beforeAll(async () => {
    summaries = await verify(FIXTURES);
  }, TIMEOUT);

  test.each(Object.keys(GROUPS))("%s", (name) => {
    const summary = summaries.find(({ group }) => group === name)!;
    expect(summary.failures).toEqual([]);
    expect(summary.passed).toBeGreaterThan(0);
  });
});
