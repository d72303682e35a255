import { type Command, InvalidArgumentError, Option } from "commander";
import type { DtypeOption } from "internvl";
import { parseDtypes } from "internvl/convert-command";

/** What `describe` and `chat` take. */
export interface CommonOptions {
  model?: string;
  dtype?: DtypeOption;
  maxNewTokens: number;
  tiles?: number;
  minTiles?: number;
  doSample?: boolean;
  temperature?: number;
  topP?: number;
  seed?: number;
  system?: string;
  template?: string;
  threads?: number;
  json?: boolean;
  stream: boolean;
}

const DEFAULT_MAX_NEW_TOKENS = 512;

export function addCommonOptions(command: Command): Command {
  const add = (flags: string, description: string, parse?: (text: string) => unknown, fallback?: unknown) => {
    const option = new Option(flags, description);
    if (parse !== undefined) option.argParser(parse);
    if (fallback !== undefined) option.default(fallback);
    command.addOption(option);
  };
  add("--model <dir or id>", "a converted folder, a checkpoint's, or an id of the Hub (default: the demo model)");
  add("--dtype <dtype>", "q4, fp32, … or one a graph: vision_encoder=int8,decoder_model_merged=q4", parseOneDtype);
  add("--max-new-tokens <n>", "the longest answer", parseCount, DEFAULT_MAX_NEW_TOKENS);
  add("--tiles <n>", "into how many tiles a picture is cut at most", parseCount);
  add("--min-tiles <n>", "and at least", parseCount);
  add("--do-sample", "draw tokens by their probability; the next three say so too");
  add("--temperature <t>", "above 1 more varied, below 1 more certain", parseNumber);
  add("--top-p <p>", "only the likeliest tokens that together have this probability", parseNumber);
  add("--seed <n>", "the same seed draws the same answer", parseNumber);
  add("--system <text>", "the system message");
  add("--template <name>", "chat template: seed, script, original (default: the model's)");
  add("--threads <n>", "threads of the computation", parseCount);
  add("--json", "one JSON object a line instead of text");
  add("--no-stream", "print an answer when it is complete");
  add("--debug", "show the stack of an error");
  return command;
}

/** The generation options among them. Whoever gives a temperature, a probability or a seed means sampling. */
export function generationOptions(options: CommonOptions): Record<string, number | boolean> {
  const { maxNewTokens, temperature, topP, seed } = options;
  const do_sample = options.doSample ?? [temperature, topP, seed].some((value) => value !== undefined);
  return {
    max_new_tokens: maxNewTokens,
    ...(do_sample && { do_sample }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(seed !== undefined && { seed }),
  };
}

function parseOneDtype(text: string): DtypeOption {
  const [dtype, ...more] = parseDtypes(text);
  if (more.length > 0) throw new InvalidArgumentError("One dtype for all graphs, or one a graph.");
  return dtype!;
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("A number is needed.");
  return value;
}

function parseCount(text: string): number {
  const value = parseNumber(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("A whole number from 1 on is needed.");
  return value;
}
