import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { ProgressInfo } from "internvl";
import { onTestFinished } from "vitest";
import { type FakeFile, FakeHub } from "../../../runtime-node/test/hub/fake-hub.js";
import { DEMO, temporaryFolder } from "../workspace.js";

/** A hub that serves the demo checkpoint, empty caches, and the environment of a program that uses them. */
export interface Setting {
  hub: FakeHub;
  /** Holds both caches: `hf` and `internvl`. */
  root: string;
  env: Record<string, string>;
  /** The files of all conversions, with the time when each was last written. */
  conversions(): Promise<Record<string, number>>;
}

export async function setting(): Promise<Setting> {
  const hub = await FakeHub.start(await demoFiles());
  const folder = await temporaryFolder();
  onTestFinished(folder.remove);
  const root = folder.path;
  const env = {
    HF_ENDPOINT: hub.endpoint,
    HF_HOME: join(root, "hf"),
    HF_HUB_OFFLINE: "",
    XDG_CACHE_HOME: root,
    NO_PROXY: "127.0.0.1",
  };
  return { hub, root, env, conversions: () => timesBelow(join(root, "internvl")) };
}

/** What a person is told about: reading and checking files is left out. Each stage once where it comes several times. */
export function stagesOf(reports: readonly Pick<ProgressInfo, "stage">[]): string[] {
  const stages = reports.map(({ stage }) => stage).filter((stage) => stage !== "read" && stage !== "verify");
  return stages.filter((stage, index) => stage !== stages[index - 1]);
}

/** The checkpoint, and what else people keep in a repository. */
async function demoFiles(): Promise<Record<string, FakeFile>> {
  const files: Record<string, FakeFile> = { "optimizer.pt": { bytes: Buffer.alloc(1000), lfs: true } };
  for (const entry of await readdir(DEMO, { withFileTypes: true })) {
    if (!entry.isFile() || entry.name === "package.json") continue;
    const bytes = await readFile(join(DEMO, entry.name));
    files[entry.name] = { bytes, lfs: entry.name.endsWith(".safetensors") };
  }
  return files;
}

async function timesBelow(folder: string): Promise<Record<string, number>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const times: Record<string, number> = {};
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) times[relative(folder, path)] = (await stat(path)).mtimeMs;
  }
  return times;
}
