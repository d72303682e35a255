import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BenchOptions } from "../options.js";

/** Where `install-peers` puts things, under `--peers`. */
export const peerPlaces = (folder: string) => ({
  python: join(folder, "python"),
  llama: join(folder, "node-llama-cpp"),
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

function present(path: string, what: string): string {
  if (existsSync(path)) return path;
  throw new Error(`no ${what} (${INSTALL})`);
}
