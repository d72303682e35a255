import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

// The other side of the cache, by the library itself. Nobody needs it; `snapshot.test.ts` compares with a listing of its
// cache that is stored, in every run.
const script = fileURLToPath(new URL("../../../../tooling/reference/hub_cache.py", import.meta.url));
const python = process.env["INTERNVL_PYTHON"];
/** Whether there is a Python that has huggingface_hub. */
export const found: boolean =
  python !== undefined && spawnSync(python, ["-c", "import huggingface_hub"], { timeout: 60_000 }).status === 0;
/** Why there is none. */
export const reason: string = python === undefined ? "INTERNVL_PYTHON is not set" : `${python} has no huggingface_hub`;

export interface Report {
  huggingface_hub: string;
  files: Record<string, { sha256: string; size: number }>;
  snapshot: string;
}

/** @throws with what the script says is wrong */
export function runScript(args: readonly string[], cache: string): Promise<Report> {
  const env = { ...process.env, HF_HOME: cache, HF_TOKEN: "", NO_PROXY: "127.0.0.1" };
  const child = spawn(python!, [script, args[0]!, "--cache", cache, ...args.slice(1)], { env });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(JSON.parse(stdout)) : reject(new Error(stderr))));
  });
}
