import { spawnSync } from "node:child_process";

/** What ran, and what it said last. */
export interface PythonRun {
  ok: boolean;
  output: string;
}

/** Runs a script; what it prints on stderr is shown only when it fails. */
export function runPython(python: string, args: readonly string[]): PythonRun {
  const { status, error, stdout, stderr } = spawnSync(python, [...args], { encoding: "utf8", maxBuffer: 2 ** 28 });
  if (error !== undefined) return { ok: false, output: `${python} cannot be run: ${error.message}` };
  return { ok: status === 0, output: (status === 0 ? stdout : `${stdout}${stderr}`).trimEnd() };
}

/** Whether `python` can import these modules; otherwise what it says. */
export function missingModules(python: string, modules: readonly string[]): string | undefined {
  const { ok, output } = runPython(python, ["-c", `import ${modules.join(", ")}`]);
  return ok ? undefined : (output.split("\n").at(-1) ?? "unknown");
}
