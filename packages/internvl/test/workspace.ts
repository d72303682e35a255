import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

export const DEMO: string = fileURLToPath(new URL("../../demo-model", import.meta.url));
export const SAMPLE: string = join(DEMO, "samples", "sign-and-shapes.png");

/** A folder for one test file, removed by `remove`. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "internvl-test-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** The demo checkpoint without its samples, to be damaged. */
export async function copyDemo(directory: string): Promise<string> {
  await cp(DEMO, directory, { recursive: true, filter: (path) => !path.includes("samples") });
  return directory;
}

/** Every file below a folder, hidden ones included; none when it does not exist. */
export async function filesBelow(directory: string): Promise<string[]> {
  if (!existsSync(directory)) return [];
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** A file of the build. Tests of programs and workers run what users run. */
export function built(file: string): string {
  const path = fileURLToPath(new URL(`../dist/${file}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`${path} is missing: build first (npm run build), these tests run the build`);
  return path;
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

const STDIO: { stdio: ["ignore", "pipe", "pipe"] } = { stdio: ["ignore", "pipe", "pipe"] };

/** Runs a script in a Node of its own. */
export function runNode(
  args: readonly string[],
  options: {
    cwd?: string;
    env?: Record<string, string>;
    onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
    /** Hears what it writes to stderr. */
    onText?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
  } = {},
): Promise<Finished> {
  const { cwd, env, onStart, onText } = options;
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env }, ...STDIO });
  const kill = (signal: NodeJS.Signals) => child.kill(signal);
  onStart?.(kill);
  return finished(child, (text) => onText?.(text, kill));
}

/** Runs a script in a Node that a shell starts after `setting` (a `ulimit`, for instance). */
export function runShell(setting: string, args: readonly string[]): Promise<Finished> {
  return finished(spawn("sh", ["-c", `${setting} && exec "$0" "$@"`, process.execPath, ...args], STDIO));
}

function finished(
  child: ChildProcessByStdio<null, Readable, Readable>,
  onText?: (text: string) => void,
): Promise<Finished> {
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
    onText?.(text);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
