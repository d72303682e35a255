import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BenchOptions } from "../options.js";
import { llamaBenchPath, peerModules, peerPlaces } from "./places.js";
import { run } from "./run-program.js";

/** What llama-bench does not need, and what would have to be downloaded or found on the machine. */
const SETTINGS = ["TESTS", "EXAMPLES", "SERVER"].map((part) => `-DLLAMA_BUILD_${part}=OFF`);

/**
 * Builds llama.cpp's own benchmark for this machine, from the sources that node-llama-cpp brings along: the same version as
 * its ready binary. Needs git, cmake and a C++ compiler.
 *
 * @throws Error when node-llama-cpp is not installed, or a program fails; what it said has been shown then
 */
export async function buildLlamaBench({ peers, threads }: BenchOptions): Promise<void> {
  const { llama, llamaSource } = peerPlaces(peers);
  const bundle = "node_modules/node-llama-cpp/llama/gitRelease.bundle";
  await rm(llamaSource, { recursive: true, force: true });
  run("git", ["clone", "--quiet", join(peerModules(llama, "node-llama-cpp"), bundle), llamaSource]);
  const build = join(llamaSource, "build");
  const options = ["-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=OFF", "-DLLAMA_OPENSSL=OFF", ...SETTINGS];
  run("cmake", ["-S", llamaSource, "-B", build, ...options]);
  run("cmake", ["--build", build, "--target", "llama-bench", "--parallel", String(threads)]);
  console.log(llamaBenchPath(peers));
}
