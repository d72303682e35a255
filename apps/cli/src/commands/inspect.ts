import { Command } from "commander";
import { InternVL2_5Config, inspectCheckpoint, openModel } from "internvl";
import { inspectConverted } from "../inspect/converted.js";
import { checkpointReport, convertedReport } from "../inspect/report.js";

export function inspectCommand(): Command {
  return new Command("inspect")
    .description("Say what a folder holds, without loading weights: a checkpoint or a conversion")
    .argument("<dir>", "a checkpoint's folder or a converted one")
    .option("--json", "one JSON object instead of text")
    .option("--debug", "show the stack of an error")
    .addHelpText(
      "after",
      `
Of a checkpoint: its networks, tensors, parameters by part, and how large each --dtype of a conversion is.
Of a converted folder: its graphs, their sizes, inputs and outputs.

Examples:
  internvl inspect ./InternVL2_5-1B
  internvl inspect ./InternVL2_5-1B-ONNX --json`,
    )
    .action(inspect);
}

async function inspect(directory: string, options: { json?: boolean }): Promise<void> {
  const files = await openModel(directory);
  const graphs = await inspectConverted(files);
  let text: string;
  if (graphs.length > 0) {
    const config = await InternVL2_5Config.from_pretrained(files);
    text = options.json
      ? JSON.stringify({ kind: "converted", name: files.name, config: config.to_dict(), graphs })
      : convertedReport(files.name, config, graphs);
  } else {
    const { config, ...inspection } = await inspectCheckpoint(files);
    text = options.json
      ? JSON.stringify({ kind: "checkpoint", name: files.name, config: config.to_dict(), ...inspection })
      : checkpointReport(files.name, { config, ...inspection });
  }
  process.stdout.write(`${text}\n`);
}
