import { expect, it } from "vitest";
import { ID } from "../../../runtime-node/test/hub/fake-hub.js";
import { built, runNode, SAMPLE } from "../workspace.js";
import { type Setting, setting, stagesOf } from "./setting.js";

const script = new URL("./load-script.mjs", import.meta.url).pathname;

/** Loads the model in a process of its own, with `{ worker: true }`, and asks it. */
async function start(
  { env }: Setting,
  more: Record<string, string> = {},
  killAt?: string,
): Promise<{ code: number | null; ids: number[][]; stages: string[] }> {
  built("worker.js");
  const { code, stdout, stderr } = await runNode([script, ID, SAMPLE], {
    env: { ...env, ...more },
    onText: (text, kill) => {
      if (killAt !== undefined && text.includes(killAt)) kill("SIGKILL");
    },
  });
  if (killAt !== undefined) return { code, ids: [], stages: [] };
  if (code !== 0) throw new Error(stderr);
  const { ids, reports } = JSON.parse(stdout) as { ids: number[][]; reports: { stage: string }[] };
  return { code, ids, stages: stagesOf(reports) };
}

it("converts in the worker, and never again", async () => {
  const here = await setting();
  const first = await start(here);
  expect(first.stages).toEqual(["cache", "download", "open", "convert", "cache", "load"]);
  const converted = await here.conversions();

  here.hub.log.length = 0;
  const second = await start(here, { HF_HUB_OFFLINE: "1" });
  expect(second).toEqual({ ...first, stages: ["load"] });
  expect(here.hub.log).toEqual([]);
  expect(await here.conversions()).toEqual(converted);
});

it("converts once for two processes that start together", async () => {
  const here = await setting();
  const [one, other] = await Promise.all([start(here), start(here)]);
  expect(one.ids).toEqual(other.ids);
  expect([one, other].filter(({ stages }) => stages.includes("convert"))).toHaveLength(1);
  expect(here.hub.bodies).toHaveLength(1);
});

it("starts anew after a process that was killed while it converted", async () => {
  const here = await setting();
  expect(await start(here, {}, "converting")).toMatchObject({ code: null });
  const { stages } = await start(here);
  expect(stages).toContain("convert");
  const left = Object.keys(await here.conversions()).filter((path) => /incomplete|partial/.test(path));
  expect(left).toEqual([]);
});
