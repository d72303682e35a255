import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const DEMO: string = fileURLToPath(new URL("../../../packages/demo-model", import.meta.url));

/** The built program: what people run. */
function program(): string {
  const path = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  if (!existsSync(path)) throw new Error(`${path} is missing: build first (npm run build), these tests run the build`);
  return path;
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs the program.
 *
 * @param options.cache where it keeps conversions
 * @param options.input what it reads from stdin, then its end
 * @param options.onAnswer called once with the process when the first text is on stdout
 */
export function run(
  args: readonly string[],
  options: { cache: string; input?: string; onAnswer?: (child: ChildProcess) => void },
): Promise<Finished> {
  const env = { ...process.env, XDG_CACHE_HOME: options.cache };
  const child = spawn(process.execPath, [program(), ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    if (stdout === "") options.onAnswer?.(child);
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
