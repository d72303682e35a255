// What every root command calls first: installs what is missing and builds what has changed. Runs on Node and npm alone.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

const MINIMUM_NODE = [20, 19];

/** Runs a command in the root and ends the program when it fails. Its output is shown unless `quiet`, then on failure. */
export function run(command, args, { quiet = false, env = {} } = {}) {
  const stdio = quiet ? ["ignore", "pipe", "pipe"] : "inherit";
  const options = { cwd: root, stdio, env: { ...process.env, ...env }, shell: process.platform === "win32" };
  const { status, error, stdout, stderr } = spawnSync(command, args, { ...options, maxBuffer: 2 ** 28 });
  if (status === 0) return;
  if (quiet) process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
  console.error(`\n${command} ${args.join(" ")} failed${error ? `: ${error.message}` : ` (exit code ${status})`}.`);
  process.exit(status || 1);
}

/** Runs a program of the root's node_modules. */
export function runLocal(name, args, options) {
  run(process.execPath, [binOf(name), ...args], options);
}

/** Installs when a lockfile is newer than what is installed. Quiet when there is nothing to do. */
export function install() {
  assertNode();
  const lockfile = `${root}pnpm-lock.yaml`;
  const installed = `${root}node_modules/.modules.yaml`;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) return;
  console.log("Installing dependencies…");
  pnpm(["install", "--frozen-lockfile"], { quiet: true });
}

/** Builds the packages that changed, and only those that `filters` need. */
export function build(filters = []) {
  turbo(["build", ...filters.map((name) => `--filter=${name}...`)]);
}

/** Runs a task of turbo.json; what it prints is shown when it fails. */
export function turbo(args) {
  const env = { TURBO_TELEMETRY_DISABLED: "1" };
  pnpm(["exec", "turbo", "run", ...args, "--output-logs=errors-only"], { quiet: true, env });
}

/** corepack fails on registries that strip signatures, so pnpm comes through npx, in the version of package.json. */
export function pnpm(args, options) {
  const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  run("npx", ["--yes", packageManager, ...args], options);
}

function binOf(name) {
  const folder = `${root}node_modules/${name}/`;
  const { bin } = JSON.parse(readFileSync(`${folder}package.json`, "utf8"));
  return folder + (typeof bin === "string" ? bin : (bin[name] ?? Object.values(bin)[0]));
}

function assertNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [wantedMajor, wantedMinor] = MINIMUM_NODE;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  console.error(`Node ${MINIMUM_NODE.join(".")} or newer is needed, this is ${process.versions.node}.`);
  process.exit(1);
}
