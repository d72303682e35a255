import { Command } from "commander";
import {
  InternVL2_5Config,
  inspectAdapter,
  inspectCheckpoint,
  isAdapterFolder,
  type ModelFiles,
  openModel,
} from "internvl";
import { inspectConverted } from "../inspect/converted.js";
import { adapterReport, checkpointReport, convertedReport } from "../inspect/report.js";

export function inspectCommand(): Command {
  return new Command("inspect")
    .description("Say what a folder holds, without loading weights: a checkpoint, a conversion or an adapter")
    .argument("<dir>", "a checkpoint's folder, a converted one, or a LoRA adapter's")
    .option("--json", "one JSON object instead of text")
    .option("--debug", "show the stack of an error")
    .addHelpText(
      "after",
      `
Of a checkpoint: dialect, nearest published model, networks, tensors, parameters by part, how large each --dtype of a
conversion is, what is unusual, and the command that converts it.
Of a converted folder: its graphs, their sizes, inputs and outputs.
Of an adapter: what it changes, and the command that merges it.

Examples:
  internvl inspect ./InternVL2_5-1B
  internvl inspect ./InternVL2_5-1B-ONNX --json`,
    )
    .action(inspect);
}

async function inspect(directory: string, { json = false }: { json?: boolean }): Promise<void> {
  const files = await openModel(directory);
  process.stdout.write(`${await reportOf(files, json)}\n`);
}

async function reportOf(files: ModelFiles, json: boolean): Promise<string> {
  const { name } = files;
  if (await isAdapterFolder(files)) {
    const adapter = await inspectAdapter(files);
    return json ? JSON.stringify({ kind: "adapter", name, ...adapter }) : adapterReport(name, adapter);
  }
  const graphs = await inspectConverted(files);
  if (graphs.length > 0) {
    const config = await InternVL2_5Config.from_pretrained(files);
    return json
      ? JSON.stringify({ kind: "converted", name, config: config.to_dict(), graphs })
      : convertedReport(name, config, graphs);
  }
  const { config, ...inspection } = await inspectCheckpoint(files);
  return json
    ? JSON.stringify({ kind: "checkpoint", name, config: config.to_dict(), ...inspection })
    : checkpointReport(name, { config, ...inspection });
}
