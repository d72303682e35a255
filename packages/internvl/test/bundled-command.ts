import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const packages = fileURLToPath(new URL("../../", import.meta.url));
/** Where the engines that are not bundled can be found; within node_modules, so that nothing else sees it. */
const place = `${packages}runtime-node/node_modules/.internvl-convert-test-`;
const ENGINES = ["onnxruntime-node", "sharp", "undici"];
const NAMES = [
  "core",
  "config",
  "image-processor",
  "processor",
  "generation",
  "model",
  "onnx",
  "convert",
  "video",
  "runtime-node",
];

/** Bundles the sources of `internvl-convert`, because nothing has to be built before a test runs. */
export async function bundleCommand(): Promise<{ program: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(place);
  await build({
    entry: [fileURLToPath(new URL("../src/bin/convert.ts", import.meta.url))],
    outDir: folder,
    format: ["esm"],
    platform: "node",
    config: false,
    silent: true,
    noExternal: [new RegExp(`^(?!node:|(${ENGINES.join("|")})$)`)],
    external: ENGINES,
    // commander is CommonJS and asks for Node's modules with `require`.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    esbuildOptions(options) {
      options.alias = {
        "@internvl/core/hub": `${packages}core/src/hub/index.ts`,
        ...Object.fromEntries(NAMES.map((name) => [`@internvl/${name}`, `${packages}${name}/src/index.ts`])),
      };
    },
  });
  return { program: `${folder}/convert.js`, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface Running {
  child: ChildProcess;
  /** The exit code or the signal that ended it, and what it wrote to stderr. */
  end: Promise<{ exit: number | string | null; stderr: string }>;
}

export function start(program: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const end = new Promise<{ exit: number | string | null; stderr: string }>((resolve) => {
    child.once("close", (code, signal) => resolve({ exit: code ?? signal, stderr }));
  });
  return { child, end };
}
