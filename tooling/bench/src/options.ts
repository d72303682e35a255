import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { DTYPES, type Dtype } from "internvl";
import { SHAPES, type ShapeName } from "./checkpoint/shape.js";

export interface BenchOptions {
  /** How often. Default: each benchmark's own, 5 for what takes under a second and 3 for the rest. */
  runs: number | undefined;
  /** Threads within one operator of onnxruntime. Default: its own, one a physical core. */
  threads: number | undefined;
  /** Default: each benchmark's own. */
  dtype: Dtype | undefined;
  shape: ShapeName;
  /** Cuts both networks to so many layers. */
  layers: number | undefined;
  /** Files that the weights are spread over. Default: each benchmark's own, one for most. */
  shards: number | undefined;
  /** Context lengths of `decode`, in tokens. */
  contexts: number[];
  /** Where checkpoints and pictures are kept between runs. */
  workDir: string;
  /** A Python with Pillow and numpy, to compare `preprocess` with. */
  python: string | undefined;
  /** Also says where the time of a tile, a prompt and a step goes. */
  profile: boolean;
  /** Where `scaling` writes its plot. */
  svg: string | undefined;
  /** Where the figures are written as JSON. */
  json: string | undefined;
}

export interface CommandLine {
  names: string[];
  help: boolean;
  options: BenchOptions;
}

/** @throws TypeError for an option that is not known, Error for a value that cannot be */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: { type: "string" },
      threads: { type: "string" },
      dtype: { type: "string" },
      shape: { type: "string", default: "1b" },
      layers: { type: "string" },
      shards: { type: "string" },
      contexts: { type: "string", default: "100,1800,4000" },
      "work-dir": { type: "string", default: join(tmpdir(), "internvl-bench") },
      python: { type: "string" },
      profile: { type: "boolean", default: false },
      svg: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return {
    names: positionals,
    help: values.help,
    options: {
      runs: count("runs", values.runs),
      threads: count("threads", values.threads),
      dtype: values.dtype === undefined ? undefined : oneOf("dtype", values.dtype, DTYPES),
      shape: oneOf("shape", values.shape, Object.keys(SHAPES) as ShapeName[]),
      layers: count("layers", values.layers),
      shards: count("shards", values.shards),
      contexts: values.contexts.split(",").map((length) => count("contexts", length)!),
      workDir: resolve(values["work-dir"]),
      python: values.python,
      profile: values.profile,
      svg: values.svg,
      json: values.json,
    },
  };
}

function count(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new Error(`--${name} must be a whole number of at least 1, not "${value}".`);
}

function oneOf<Name extends string>(name: string, value: string, known: readonly Name[]): Name {
  const found = known.find((each) => each === value);
  if (found !== undefined) return found;
  throw new Error(`--${name} must be one of ${known.join(", ")}, not "${value}".`);
}
