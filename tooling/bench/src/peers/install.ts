import { spawnSync } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchOptions } from "../options.js";
import { peerPlaces } from "./places.js";
import { run } from "./run-program.js";

/** What was compared with, by version: other versions are other figures. */
const PYTHON_PACKAGES = [
  "torch==2.13.0",
  "transformers==5.23.0",
  "openvino==2026.4.1",
  "nncf==3.4.0",
  "pillow==13.0.0",
];
const LLAMA = "3.22.1";
const TRANSFORMERS_JS = "4.3.2";

const NPM_FLAGS = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];

/**
 * Installs what the benchmarks compare with, into a folder of its own: a Python environment and two folders of npm
 * packages. No package builds or downloads anything by itself.
 *
 * With `--python` the environment sees that Python's packages, and only what it lacks is installed.
 *
 * @throws Error when a program of it fails; what it said has been shown then
 */
export async function installPeers({ peers, python }: BenchOptions): Promise<void> {
  const { python: environment, llama, transformersJs } = peerPlaces(peers);
  await mkdir(peers, { recursive: true });

  run(python ?? "python3", ["-m", "venv", environment]);
  if (python !== undefined) await seePackagesOf(python, environment);
  run(join(environment, "bin", "python"), ["-m", "pip", "install", "--quiet", ...PYTHON_PACKAGES]);

  // Without optional packages, which are its binaries for graphics cards, but with the one for this machine.
  const binary = `@node-llama-cpp/${process.platform === "darwin" ? "mac" : process.platform}-${process.arch}`;
  await npmInstall(llama, [`node-llama-cpp@${LLAMA}`, `${binary}@${LLAMA}`], ["--omit=optional"]);
  await npmInstall(transformersJs, [`@huggingface/transformers@${TRANSFORMERS_JS}`]);
}

/** A line in a .pth file is a folder more in which Python looks. */
async function seePackagesOf(python: string, environment: string): Promise<void> {
  const { stdout } = spawnSync(python, ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]);
  const [version] = await readdir(join(environment, "lib"));
  await writeFile(join(environment, "lib", version!, "site-packages", "reused.pth"), String(stdout));
}

async function npmInstall(folder: string, packages: readonly string[], flags: readonly string[] = []): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  run("npm", ["install", ...NPM_FLAGS, ...flags, ...packages], folder);
}
