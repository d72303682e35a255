import { type ChildProcess, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import { ID } from "./fake-hub.js";

const packages = fileURLToPath(new URL("../../../", import.meta.url));
/** Within the package, so that the bundle finds its dependencies; within node_modules, so that nothing else sees it. */
const folder = fileURLToPath(new URL("../../node_modules/.internvl-hub-test", import.meta.url));

/** Bundles the sources of `child.ts`, because nothing has to be built before a test runs. Returns how to remove it. */
export async function buildChild(): Promise<() => Promise<void>> {
  await build({
    entry: [fileURLToPath(new URL("./child.ts", import.meta.url))],
    outDir: folder,
    format: ["esm"],
    config: false,
    silent: true,
    // core's own dependency cannot be found from here.
    noExternal: [/^@internvl\//, "onnxruntime-common"],
    external: ["onnxruntime-node", "sharp", "undici", "mediabunny"],
    esbuildOptions(options) {
      options.alias = {
        "@internvl/core/hub": `${packages}core/src/hub/index.ts`,
        "@internvl/core": `${packages}core/src/index.ts`,
        "@internvl/video": `${packages}video/src/index.ts`,
        "@internvl/runtime-node": `${packages}runtime-node/src/index.ts`,
      };
    },
  });
  return () => rm(folder, { recursive: true, force: true });
}

/** Starts a process that fetches these files. */
export function startChild(endpoint: string, cache: string, paths: readonly string[]): ChildProcess {
  const args = [`${folder}/child.js`, endpoint, cache, ID, paths.join(",")];
  return spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
}

/** The exit code, or the signal that ended it. */
export function ended(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
}
