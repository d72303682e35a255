import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BenchOptions } from "../options.js";

/** Where `install-peers` and `build-llama-bench` put things, under `--peers`. */
export const peerPlaces = (folder: string) => ({
  python: join(folder, "python"),
  llama: join(folder, "node-llama-cpp"),
  llamaSource: join(folder, "llama.cpp"),
  transformersJs: join(folder, "transformers.js"),
});

const INSTALL = "npm run bench -- install-peers";

/** The Python with the peers' packages: `--python`, or the installed one. @throws Error when there is none */
export function peerPython({ python, peers }: BenchOptions): string {
  return python ?? present(join(peerPlaces(peers).python, "bin", "python"), "Python");
}

/** The folder whose node_modules has the package. @throws Error when it is not there */
export function peerModules(folder: string, name: string): string {
  present(join(folder, "node_modules", name), name);
  return folder;
}

/** Where `build-llama-bench` leaves the program. */
export function llamaBenchPath(peers: string): string {
  return join(peerPlaces(peers).llamaSource, "build", "bin", "llama-bench");
}

/** llama.cpp's own benchmark: `--llama-bench`, or the built one. @throws Error when there is none */
export function llamaBenchProgram({ llamaBench, peers }: BenchOptions): string {
  return llamaBench ?? present(llamaBenchPath(peers), "llama-bench", "npm run bench -- build-llama-bench");
}

function present(path: string, what: string, remedy: string = INSTALL): string {
  if (existsSync(path)) return path;
  throw new Error(`no ${what} (${remedy})`);
}
