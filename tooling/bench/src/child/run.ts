import { fork } from "node:child_process";
import type { TaskName, Tasks } from "./tasks.js";

export interface ChildResult<Result> {
  result: Result;
  /** The most memory that the child had resident. */
  peakBytes: number;
}

/**
 * Runs a task in a new process.
 *
 * @param env variables beside those of this process
 * @throws Error when it ends without a result; what it wrote has been shown then
 */
export function runInChild<Name extends TaskName>(
  name: Name,
  args: Parameters<Tasks[Name]>[0],
  env: Readonly<Record<string, string>> = {},
): Promise<ChildResult<Awaited<ReturnType<Tasks[Name]>>>> {
  // A task may want to know what is still in use, not what has not been collected yet.
  const execArgv = ["--expose-gc"];
  const child = fork(new URL("./child.js", import.meta.url), [name, JSON.stringify(args)], {
    execArgv,
    env: { ...process.env, ...env },
  });
  return new Promise((resolve, reject) => {
    child.on("message", (message) => resolve(message as ChildResult<Awaited<ReturnType<Tasks[Name]>>>));
    child.on("error", reject);
    child.on("exit", (code, signal) => reject(new Error(`${name} ended early (${signal ?? `exit code ${code}`})`)));
  });
}
