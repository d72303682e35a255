import { GRAPHS, graphDataPaths, graphPath, InternVL2_5Config, resolveDtypes } from "@internvl/config";
import { type Dtype, openModel } from "internvl";
import { type ResidentParts, unaccounted } from "../child/memory.js";
import { runInChild } from "../child/run.js";
import { inTurn } from "../measure.js";
import { type Row, row } from "../report.js";
import { type Benchmark, LONG_RUNS, MEGABYTE, shapeText } from "./benchmark.js";

const NEW_TOKENS = 16;
/** The stages of an answer as they follow each other. */
const STAGES = ["preprocess", "vision", "prefill"];

/**
 * Memory that is freed goes back to the system (Linux with glibc): pieces of 4 MB and more at once, of the rest all but 32 MB. As
 * docs/performance.md says it.
 */
const GIVE_BACK = { MALLOC_MMAP_THRESHOLD_: "4194304", MALLOC_TRIM_THRESHOLD_: "33554432" };

/** A model from its folder: the time until it can be asked, and the memory it takes then and while it answers. */
export const memory: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "q4";
  const model = await workspace.converted([dtype]);
  const picture = await workspace.photo();
  const args = { model, dtype, threads: options.threads };

  const loadOnce = async () => {
    const { result, peakBytes } = await runInChild("load", args);
    return { ms: result.ms, resident: result.residentBytes, peak: peakBytes };
  };
  const [samples] = await inTurn([loadOnce], options.runs ?? LONG_RUNS);
  const asked = { ...args, picture, newTokens: NEW_TOKENS };
  const answer = await runInChild("answer", asked);
  const frugal = await runInChild("answer", { ...asked, arenas: false }, GIVE_BACK);

  const megabytes = (bytes: readonly number[]) => bytes.map((each) => each / MEGABYTE);
  const weights = await weightBytes(model, dtype);
  const cache = await cacheBytes(model, answer.result.tokens);
  const needed = row("weights and cache", "MB", megabytes([weights + cache]));
  return {
    benchmark: "memory",
    setting: {
      shape: shapeText(options),
      dtype,
      answer: `4000 x 3000 JPEG, ${answer.result.tokens} tokens, ${NEW_TOKENS} of them new`,
      threads: options.threads,
    },
    rows: [
      row("time to load", "ms", samples!["ms"]!),
      needed,
      row("resident after loading", "MB", megabytes(samples!["resident"]!)),
      row("peak while loading", "MB", megabytes(samples!["peak"]!)),
      ...STAGES.map((stage) =>
        row(`answer: peak up to ${stage}`, "MB", megabytes([answer.result.peaks[stage]!]), needed),
      ),
      row("answer: peak", "MB", megabytes([answer.peakBytes]), needed),
      ...rowsOfParts(answer.result.parts),
      row("answer: time, loading not counted", "s", [answer.result.ms / 1000]),
      row("without arenas, answer: peak", "MB", megabytes([frugal.peakBytes]), needed),
      row("without arenas, answer: time, loading not counted", "s", [frugal.result.ms / 1000]),
    ],
  };
};

/** What the memory is that is resident once the prompt was read, where the system says it. */
function rowsOfParts(parts: Readonly<Record<string, ResidentParts | undefined>>): Row[] {
  const { start, load, prefill } = parts;
  if (start === undefined || load === undefined || prefill === undefined) return [];
  const loaded = unaccounted(load) - unaccounted(start);
  const of = (what: string, bytes: number) => row(`answer, of that: ${what}`, "MB", [bytes / MEGABYTE]);
  return [
    of("programs, libraries, pages of weights", prefill.files),
    of("weights as the sessions hold them", loaded),
    of("objects of JavaScript", prefill.heap),
    of("arrays: keys and values, pixels, features", prefill.arrays),
    ...STAGES.map((stage) =>
      of(`arenas of the sessions, freed memory: after ${stage}`, unaccounted(parts[stage] ?? load) - loaded),
    ),
  ];
}

/** Bytes of the graphs that are loaded and of their data. */
export async function weightBytes(folder: string, dtype: Dtype): Promise<number> {
  const files = await openModel(folder);
  const dtypes = resolveDtypes(dtype);
  const listing = await files.list();
  const paths = new Set(
    GRAPHS.flatMap((graph) => [graphPath(graph, dtypes[graph]), ...graphDataPaths(graph, dtypes[graph], listing)]),
  );
  const sizes = await Promise.all([...paths].map((path) => files.size(path)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Keys and values of so many tokens, in float32. */
async function cacheBytes(folder: string, tokens: number): Promise<number> {
  const { text_config } = await InternVL2_5Config.from_pretrained(folder);
  const { num_hidden_layers, num_key_value_heads, head_dim } = text_config;
  return 2 * num_hidden_layers * num_key_value_heads * head_dim * 4 * tokens;
}
