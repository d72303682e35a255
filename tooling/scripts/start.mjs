// `npm start`: installs, builds, and lets the CLI answer questions about a sample picture with the demo model.
// `npm start -- photo.jpg "What does the sign say?"` asks about that file; options go to `internvl describe`.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { build, install, root } from "./prepare.mjs";

/** Options of `internvl describe` that take no value: what follows them is a picture or a question. */
const FLAGS = ["--json", "--debug", "--no-stream", "--do-sample", "--each", "-h", "--help"];

const { options, words } = splitArguments(process.argv.slice(2));
const [picture, ...questions] = words.length > 0 ? words : samplePicture();

install();
console.log("Building…");
build(["@internvl/cli"]);
console.log(`${picture}`);

const asked = questions.flatMap((question) => ["-q", question]);
const args = [`${root}apps/cli/dist/main.js`, "describe", picture, ...asked, ...options];
// Paths that a person types are meant from where they are: npm runs scripts in the root and keeps the folder here.
const child = spawn(process.execPath, args, { cwd: process.env.INIT_CWD ?? process.cwd(), stdio: "inherit" });
// Ctrl-C reaches the program itself, which decides what it means.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));

/** Pictures and questions apart from options and their values. */
function splitArguments(args) {
  const options = [];
  const words = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (!arg.startsWith("-")) words.push(arg);
    else if (FLAGS.includes(arg) || arg.includes("=")) options.push(arg);
    else options.push(arg, ...args.slice(++i, i + 1));
  }
  return { options, words };
}

/** The first sample and what is asked about it. The model has seen neither while it was trained. */
function samplePicture() {
  const folder = `${root}packages/demo-model/samples/`;
  const [{ file, questions }] = JSON.parse(readFileSync(`${folder}samples.json`, "utf8"));
  return [folder + file, ...questions.slice(0, 4).map(({ question }) => question)];
}
