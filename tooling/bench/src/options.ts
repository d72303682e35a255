import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CACHE_DTYPES, type CacheDtype, DTYPES, type Dtype } from "internvl";
import { SHAPES, type ShapeName } from "./checkpoint/shape.js";

export interface BenchOptions {
  /** How often. Default: each benchmark's own, 5 for what takes under a second and 3 for the rest. */
  runs: number | undefined;
  /** Threads within one operator, of the library and of its peers. Default: as many as the machine runs at once. */
  threads: number;
  /** Default: each benchmark's own. */
  dtype: Dtype | undefined;
  /** What keys and values are stored in. */
  cacheDtype: CacheDtype;
  shape: ShapeName;
  /** Cuts both networks to so many layers. */
  layers: number | undefined;
  /** Files that the weights are spread over. Default: each benchmark's own, one for most. */
  shards: number | undefined;
  /** Context lengths of `decode`, in tokens. */
  contexts: number[];
  /** Where checkpoints and pictures are kept between runs. */
  workDir: string;
  /** Where `install-peers` put what is compared with. */
  peers: string;
  /** A Python that has the peers' packages. Default: that of `peers`. */
  python: string | undefined;
  /** Also says where the time of a tile, a prompt and a step goes. */
  profile: boolean;
  /** Where `scaling` writes its plot. */
  svg: string | undefined;
  /** llama.cpp's own program `llama-bench`. Default: the one that `build-llama-bench` built. */
  llamaBench: string | undefined;
  /** Whether the target table goes into this package's README. */
  readme: boolean;
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
      "cache-dtype": { type: "string", default: "float32" },
      shape: { type: "string", default: "1b" },
      layers: { type: "string" },
      shards: { type: "string" },
      contexts: { type: "string", default: "100,1800,4000" },
      "work-dir": { type: "string", default: join(tmpdir(), "internvl-bench") },
      peers: { type: "string" },
      python: { type: "string" },
      profile: { type: "boolean", default: false },
      svg: { type: "string" },
      "llama-bench": { type: "string" },
      readme: { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const workDir = resolve(values["work-dir"]);
  return {
    names: positionals,
    help: values.help,
    options: {
      runs: count("runs", values.runs),
      threads: count("threads", values.threads) ?? availableParallelism(),
      dtype: values.dtype === undefined ? undefined : oneOf("dtype", values.dtype, DTYPES),
      cacheDtype: oneOf("cache-dtype", values["cache-dtype"], CACHE_DTYPES),
      shape: oneOf("shape", values.shape, Object.keys(SHAPES) as ShapeName[]),
      layers: count("layers", values.layers),
      shards: count("shards", values.shards),
      contexts: values.contexts.split(",").map((length) => count("contexts", length)!),
      workDir,
      peers: values.peers === undefined ? join(workDir, "peers") : resolve(values.peers),
      python: values.python,
      profile: values.profile,
      svg: values.svg,
      llamaBench: values["llama-bench"],
      readme: values.readme,
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
