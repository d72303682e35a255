import { readdir, readlink } from "node:fs/promises";
import { join, relative } from "node:path";
import type { HubOptions, ModelFiles } from "@internvl/core";
import { createNodeFiles, type NodeFilesOptions } from "@internvl/runtime-node";
import { type FakeHub, ID } from "./fake-hub.js";

/** What the tests set to be quick; nothing of the machine's environment gets in. */
export function quick(hub: FakeHub, more: NodeFilesOptions = {}): NodeFilesOptions {
  return { endpoint: hub.endpoint, retryDelay: 1, environment: {}, ...more };
}

export async function openFake(
  hub: FakeHub,
  cache_dir: string,
  options: HubOptions = {},
  store: NodeFilesOptions = {},
): Promise<ModelFiles> {
  return createNodeFiles(quick(hub, store)).open(ID, { cache_dir, ...options });
}

/** Everything in a folder, sorted: paths, and what links point to. */
export async function layoutOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const lines: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (entry.isSymbolicLink()) lines.push(`${name} -> ${await readlink(path)}`);
    else if (entry.isFile()) lines.push(name);
  }
  return lines.sort();
}
