import { spawnSync } from "node:child_process";

/** Runs a program that says what it does. @throws Error when it fails */
export function run(command: string, args: readonly string[], cwd?: string): void {
  console.log(`${command} ${args.join(" ")}`);
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit" });
  if (status !== 0) throw new Error(`${command} failed (${error?.message ?? `exit code ${status}`}).`);
}
