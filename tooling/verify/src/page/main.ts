import { webFiles } from "@internvl/runtime-web";
import { DEMO, demoGroup } from "../demo/group.js";
import { GoldenFolder } from "../golden/folder.js";
import type { Group } from "../groups/group.js";
import { selectGroups } from "../groups/index.js";
import { webPlatform } from "../platform/web.js";
import { runGroups } from "../run-groups.js";
import { ADDRESSES } from "./addresses.js";
import type { PageRequest } from "./request.js";

/** What a graphics card computes; all else is the same TypeScript on every device. */
const ON_WEBGPU: readonly string[] = ["forward", "generate", DEMO];

globalThis.verifyInPage = async ({ groups, hasThirdParty, demo }: PageRequest) => {
  const golden = await GoldenFolder.open(
    await webFiles.open(ADDRESSES.golden),
    hasThirdParty ? await webFiles.open(ADDRESSES.thirdParty) : undefined,
  );
  const demoModel = await webFiles.open(ADDRESSES.demoModel);
  const all: Record<string, Group> = { ...selectGroups(), [DEMO]: demoGroup(demoModel, demo) };
  const select = (names: readonly string[]) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
  await runGroups(golden, webPlatform(), select(groups), globalThis.onGroup);
  const alsoOnWebgpu = groups.filter((name) => ON_WEBGPU.includes(name));
  if (alsoOnWebgpu.length === 0) return;
  // Its software adapter is too slow for more than the smallest checkpoint and a question a sample.
  all[DEMO] = demoGroup(demoModel, { fp32: demo.fp32 }, 1);
  const smallest = golden.list("tiny").find((name) => name.startsWith("tiny-1b"));
  const platform = webPlatform({ device: "webgpu", takes: (variant) => variant === smallest });
  await runGroups(golden, platform, select(alsoOnWebgpu), globalThis.onGroup);
};
