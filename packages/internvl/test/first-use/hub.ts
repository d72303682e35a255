import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createNodeFiles } from "@internvl/runtime-node";
import { defaultRuntime, type Runtime } from "internvl";
import { FakeHub } from "../../../runtime-node/test/hub/fake-hub.js";
import { DEMO } from "../workspace.js";

/** What lies in real repositories beside what a conversion needs. */
const BESIDE = ["README.md", "modeling_internvl_chat.py", "examples/image.jpg", "pytorch_model.bin"];

/** A Hub that has the demo model under the id of the README's example, weights in LFS. */
export async function startDemoHub(): Promise<FakeHub> {
  const names = (await readdir(DEMO)).filter((name) => /\.(json|txt|safetensors)$/.test(name));
  const files = await Promise.all(
    names.map(async (name) => {
      return [name, { bytes: await readFile(join(DEMO, name)), lfs: name.endsWith(".safetensors") }] as const;
    }),
  );
  const beside = BESIDE.map((name) => [name, { bytes: Buffer.from(name), lfs: name.endsWith(".bin") }] as const);
  return FakeHub.start(Object.fromEntries([...files, ...beside]));
}

/** The runtime of the package over such a Hub, and an environment of its own. */
export function runtimeOf(hub: FakeHub, home: string, environment: Record<string, string> = {}): Runtime {
  const files = createNodeFiles({
    endpoint: hub.endpoint,
    retryDelay: 1,
    environment: { HF_HOME: join(home, "huggingface"), ...environment },
  });
  return { ...defaultRuntime, files };
}

/** The files that were fetched, by what was asked of the Hub itself. */
export function fetched(hub: FakeHub): string[] {
  const paths = hub.log.flatMap(({ server, method, url }) => {
    const path = /\/resolve\/[^/]+\/(.+)$/.exec(url)?.[1];
    return server === "hub" && method === "GET" && path !== undefined ? [path] : [];
  });
  return [...new Set(paths)].sort();
}
