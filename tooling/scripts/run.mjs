// `node run.mjs FOLDER SCRIPT …`: runs a built program of the workspace, building first what it needs.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { build, install, root } from "./prepare.mjs";

const [folder, script, ...args] = process.argv.slice(2);
const { name } = JSON.parse(readFileSync(`${root}${folder}/package.json`, "utf8"));
install();
build([name]);
// Paths that a person types are meant from where they are: npm runs scripts in the root and keeps the folder here.
const cwd = process.env.INIT_CWD ?? process.cwd();
const child = spawn(process.execPath, [`${root}${folder}/${script}`, ...args], { cwd, stdio: "inherit" });
// Ctrl-C reaches the program itself, which decides what it means.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
