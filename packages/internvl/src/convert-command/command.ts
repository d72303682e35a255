import { DEFAULT_DTYPE, DTYPES, type DtypeOption } from "@internvl/config";
import { isAbort } from "@internvl/core";
import { Command } from "commander";
import { exitStopped, interruptible } from "../terminal/interrupt.js";
import { VERIFIED_RULE } from "./check.js";
import { convertFolder } from "./convert-folder.js";
import { parseDtypes } from "./dtypes.js";
import { resolveInput } from "./input.js";
import { ConvertProgress } from "./progress.js";
import { summaryJson, summaryText } from "./summary.js";

interface Options {
  model_name?: string;
  input?: string;
  output_dir?: string;
  cache_dir?: string;
  dtype: DtypeOption[];
  output_hidden_states?: boolean;
  verify?: boolean;
  force?: boolean;
  json?: boolean;
}

/**
 * The command that converts a checkpoint, as a program of its own or within another.
 *
 * @param name how it is called
 * @param prefix what a person types before the options, for the examples of its help
 */
export function convertCommand(name: string, prefix: string = name): Command {
  return new Command(name)
    .description("Convert an InternVL 2.5 checkpoint (OpenGVLab's format) into the ONNX folder that the model loads")
    .option(
      "--model_name <name>",
      "a published model, InternVL2_5-1B for instance, that lies in ./NAME or below --cache_dir",
    )
    .option("--input <dir>", "the folder of a checkpoint: config.json, *.safetensors, tokenizer files")
    .option("--output_dir <dir>", "the folder to write (default: INPUT-ONNX)")
    .option("--cache_dir <dir>", "where --model_name looks first")
    .option("--dtype <list>", `what to write: ${DTYPES.join(", ")}, several of them, or one a graph`, parseDtypes, [
      DEFAULT_DTYPE,
    ])
    .option("--output_hidden_states", "graphs that also give the states between their layers")
    .option("--verify", `compare what was written with the checkpoint (default: ${VERIFIED_RULE})`)
    .option("--no-verify", "do not compare it")
    .option("--force", "write into a folder that holds something else")
    .option("--json", "print the summary as JSON")
    .option("--debug", "show the stack of an error")
    .addHelpText("after", helpText(prefix))
    .action(runConvert);
}

async function runConvert(options: Options): Promise<void> {
  const input = resolveInput(options);
  const output = options.output_dir ?? `${input.replace(/[/\\]+$/, "")}-ONNX`;
  const progress = new ConvertProgress(process.stderr);
  const { dtype, output_hidden_states, verify, force } = options;
  try {
    const report = await interruptible(
      (signal) =>
        convertFolder({
          input,
          output,
          dtype,
          output_hidden_states,
          verify,
          force,
          signal,
          progress_callback: progress.report,
        }),
      () => progress.clear(),
    );
    progress.clear();
    process.stdout.write(`${options.json ? summaryJson(report) : summaryText(report)}\n`);
  } catch (error) {
    progress.clear();
    if (!isAbort(error)) throw error;
    process.stderr.write(`Stopped. Nothing half-written was left in ${output}.\n`);
    exitStopped();
  }
}

function helpText(prefix: string): string {
  return `
Examples:
  ${prefix} --input ./InternVL2_5-1B                     writes ./InternVL2_5-1B-ONNX
  ${prefix} --model_name InternVL2_5-1B --dtype fp32,q4   two precisions to choose from
  ${prefix} --input DIR --dtype vision_encoder=int8,decoder_model_merged=q4

The output folder holds one conversion: an earlier one in it is replaced.`;
}
