import { existsSync } from "node:fs";
import { join } from "node:path";
import { DirectoryFiles } from "@internvl/runtime-node";
import { openPage, serve } from "@internvl-tooling/browser";
import { answerSamples } from "../demo/answers.js";
import { DEMO, type DemoReference } from "../demo/group.js";
import { GROUPS, selectGroups } from "../groups/index.js";
import { ADDRESSES } from "../page/addresses.js";
import type { PageRequest } from "../page/request.js";
import { DEMO_MODEL, FIXTURES, PAGE } from "../paths.js";
import { nodePlatform } from "../platform/node.js";
import type { GroupSummary } from "../report.js";
import { assertDirectory, type VerifyOptions } from "../verify.js";

/** The demo model's answers are compared with Node's in full precision and in what wasm computes fastest. */
const DEMO_DTYPES = ["fp32", "int8"] as const;

/**
 * Runs the golden checks over a directory inside Chromium, and compares the demo model's answers there with Node's.
 *
 * @throws InternVLError `INPUT_INVALID` (a group that there is not), `FILE_NOT_FOUND` (no such directory),
 *   `RUNTIME_MISSING` (no Chromium)
 */
export async function verifyInBrowser(
  directory: string,
  { groups = [...Object.keys(GROUPS), DEMO], onGroup }: VerifyOptions = {},
): Promise<GroupSummary[]> {
  selectGroups(groups.filter((name) => name !== DEMO));
  assertDirectory(directory);
  const thirdParty = join(directory, "..", "third-party");
  const hasThirdParty = existsSync(thirdParty);
  const demo = groups.includes(DEMO) ? await demoReference() : {};
  const folders = {
    [ADDRESSES.golden]: directory,
    [ADDRESSES.fixtures]: FIXTURES,
    [ADDRESSES.demoModel]: DEMO_MODEL,
    ...(hasThirdParty ? { [ADDRESSES.thirdParty]: thirdParty } : {}),
  };
  const server = await serve(PAGE, { folders });
  try {
    const summaries: GroupSummary[] = [];
    await openPage(server.origin, async (page) => {
      await page.exposeFunction("onGroup", (summary: GroupSummary) => {
        summaries.push(summary);
        onGroup?.(summary);
      });
      const request: PageRequest = { groups, hasThirdParty, demo };
      await page.evaluate((asked) => globalThis.verifyInPage(asked), request);
    });
    return summaries;
  } finally {
    await server.close();
  }
}

async function demoReference(): Promise<DemoReference> {
  const reference: DemoReference = {};
  const checkpoint = new DirectoryFiles(DEMO_MODEL);
  for (const dtype of DEMO_DTYPES) reference[dtype] = await answerSamples(checkpoint, nodePlatform, dtype);
  return reference;
}
