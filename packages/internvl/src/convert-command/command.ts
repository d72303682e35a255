import {
  CACHE_DTYPES,
  type CacheDtype,
  DEFAULT_DTYPE,
  type DialectName,
  DTYPES,
  type DtypeOption,
} from "@internvl/config";
import { isAbort, type LongCallOptions } from "@internvl/core";
import { Command, Option } from "commander";
import { exitStopped, interruptible } from "../terminal/interrupt.js";
import { type AdapterOption, collectAdapter } from "./adapters.js";
import { VERIFIED_RULE } from "./check.js";
import { convertFolder } from "./convert-folder.js";
import { parseDtypes } from "./dtypes.js";
import { defaultOutput, resolveInput } from "./input.js";
import { ConvertProgress } from "./progress.js";
import { type Push, withPush } from "./push.js";
import { rewriteFolder } from "./rewrite-folder.js";
import { parseSize } from "./sizes.js";
import { rewriteText, summaryJson, summaryText } from "./summary.js";

/** What `--to` says: graphs for this library, or a checkpoint of another dialect. */
const TARGETS = ["onnx", "original", "seed", "transformers"] as const;

interface Options extends Push {
  model_name?: string;
  input?: string;
  output_dir?: string;
  cache_dir?: string;
  to: (typeof TARGETS)[number];
  adapter: AdapterOption[];
  max_shard_size?: number;
  dtype: DtypeOption[];
  output_hidden_states?: boolean;
  cache_dtype: CacheDtype;
  link?: boolean;
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
    .description(
      "Convert an InternVL 2.5 checkpoint of any dialect: into the ONNX folder that the model loads, or another dialect",
    )
    .option(
      "--model_name <name>",
      "a published model, InternVL2_5-1B for instance: below --cache_dir, here, or from the Hub",
    )
    .option("--input <dir or id>", "a checkpoint: a folder (config.json, *.safetensors, tokenizer files) or a Hub id")
    .option("--output_dir <dir>", "the folder to write (default: INPUT-ONNX, INPUT-transformers, …)")
    .option("--cache_dir <dir>", "where --model_name looks first")
    .addOption(new Option("--to <what>", "what to write").choices(TARGETS).default("onnx"))
    .option(
      "--adapter <dir or id>",
      "a LoRA adapter to merge, or ADAPTER=WEIGHT; again for several",
      collectAdapter,
      [],
    )
    .option("--max_shard_size <size>", "bytes a file of weights, with another --to than onnx (default: 5GB)", parseSize)
    .option("--dtype <list>", `what to write: ${DTYPES.join(", ")}, several of them, or one a graph`, parseDtypes, [
      DEFAULT_DTYPE,
    ])
    .option("--output_hidden_states", "graphs that also give the states between their layers")
    .addOption(
      new Option("--cache_dtype <dtype>", "what keys and values are kept in: float16 takes half of the memory")
        .choices(CACHE_DTYPES)
        .default("float32"),
    )
    .option("--link", "fp32 and fp16 read the checkpoint's own files, by hard links: same disk, nothing copied")
    .option("--verify", `compare what was written with the checkpoint (default: ${VERIFIED_RULE})`)
    .option("--no-verify", "do not compare it")
    .option(
      "--push_to_hub [repo]",
      "upload the result: OWNER/NAME, or NAME in your account (default: the folder's name)",
    )
    .option("--private", "with --push_to_hub: a repository that is made is private")
    .option("--force", "write into a folder that holds something else")
    .option("--json", "print the summary as JSON")
    .option("--debug", "show the stack of an error")
    .addHelpText("after", helpText(prefix))
    .action(runConvert);
}

async function runConvert(options: Options): Promise<void> {
  const { to } = options;
  const input = resolveInput(options);
  const output = options.output_dir ?? defaultOutput(input, to === "onnx" ? "ONNX" : to);
  const progress = new ConvertProgress(process.stderr);
  const convert = to === "onnx" ? convertToOnnx : rewriteTo(to);
  try {
    const text = await interruptible(
      (signal) =>
        withPush(options, { output, signal, progress_callback: progress.report }, (way) =>
          convert(options, { ...way, input }),
        ),
      () => progress.clear(),
    );
    progress.clear();
    process.stdout.write(`${text}\n`);
  } catch (error) {
    progress.clear();
    if (!isAbort(error)) throw error;
    process.stderr.write(`Stopped. Nothing half-written was left in ${output}.\n`);
    exitStopped();
  }
}

/** Where from and where to, and what every long call takes. */
interface Way extends LongCallOptions {
  input: string;
  output: string;
}

/** @returns what is printed at the end */
async function convertToOnnx(options: Options, way: Way): Promise<string> {
  const { dtype, adapter: adapters, output_hidden_states, cache_dtype, link, verify, force, json } = options;
  const report = await convertFolder({
    ...way,
    dtype,
    adapters,
    output_hidden_states,
    cache_dtype,
    link,
    verify,
    force,
  });
  return json ? summaryJson(report) : summaryText(report);
}

function rewriteTo(to: DialectName): typeof convertToOnnx {
  return async ({ adapter: adapters, max_shard_size, force, json }, way) => {
    const report = await rewriteFolder({ ...way, to, adapters, max_shard_size, force });
    return json ? JSON.stringify(report) : rewriteText(report);
  };
}

function helpText(prefix: string): string {
  return `
Examples:
  ${prefix} --input ./InternVL2_5-1B                     writes ./InternVL2_5-1B-ONNX
  ${prefix} --model_name InternVL2_5-1B --dtype fp32,q4   two precisions to choose from
  ${prefix} --input DIR --dtype vision_encoder=int8,decoder_model_merged=q4
  ${prefix} --input DIR --adapter ./my-lora               merges a LoRA adapter on the way
  ${prefix} --input DIR --to transformers                 a folder for Hugging Face Transformers

The output folder holds one conversion: an earlier one in it is replaced.`;
}
