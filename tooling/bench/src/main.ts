import { resolve } from "node:path";
import { benchmarks } from "./benchmarks/index.js";
import { makeCheckpoint } from "./checkpoint/make.js";
import { cutShape, SHAPES } from "./checkpoint/shape.js";
import { type CommandLine, parseCommandLine } from "./options.js";
import { buildLlamaBench } from "./peers/build-llama-bench.js";
import { installPeers } from "./peers/install.js";
import { runBenchmarks } from "./run.js";
import { USAGE } from "./usage.js";

/** What is not a benchmark. */
const commands: Readonly<Record<string, (line: CommandLine) => Promise<void>>> = {
  "install-peers": ({ options }) => installPeers(options),
  "build-llama-bench": ({ options }) => buildLlamaBench(options),
  "make-checkpoint": ({ names: [, directory], options }) => {
    if (directory === undefined) throw new Error("make-checkpoint needs a directory.");
    return makeCheckpoint(resolve(directory), cutShape(SHAPES[options.shape], options.layers), options);
  },
};

async function main(): Promise<void> {
  const line = parseCommandLine(process.argv.slice(2));
  if (line.help) return console.log(USAGE);
  const command = commands[line.names[0] ?? ""];
  if (command !== undefined) return command(line);
  const unknown = line.names.find((name) => benchmarks[name] === undefined);
  if (unknown !== undefined) throw new Error(`There is no benchmark "${unknown}".\n\n${USAGE}`);
  await runBenchmarks(line.names, line.options);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
