import { type DtypeOption, InternVL2_5ForConditionalGeneration, InternVL2_5Processor } from "internvl";
import { NOTHING_KEPT } from "../benchmarks/benchmark.js";
import { randomBits } from "../random.js";
import { REQUESTS } from "./soak-requests.js";

export interface SoakArguments {
  model: string;
  dtype: DtypeOption;
  threads: number;
  /** Which requests: each number stands for the same one in every process. */
  requests: number[];
  newTokens: number;
  side: number;
  /** How a fresh process repeats them: one call after the other, with nothing remembered of earlier ones. */
  plain: boolean;
}

/** So that what is remembered is as much as it gets before the memory is looked at. */
export const REMEMBERED = { feature_cache: { max_bytes: 8e6 }, prefix_cache: { max_bytes: 32e6 } } as const;

const KINDS = Object.keys(REQUESTS);

export const kindOf = (request: number): string => KINDS[request % KINDS.length]!;

/** Asks one model one request after the other. Memory after each, once garbage is collected. */
export async function soak({ model: folder, dtype, threads, requests, newTokens, side, plain }: SoakArguments) {
  const caches = plain ? NOTHING_KEPT : REMEMBERED;
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, { dtype, threads, ...caches });
  const processor = await InternVL2_5Processor.from_pretrained(folder);
  const asked = { model, processor, newTokens, side, plain };
  const answers: string[] = [];
  const residentBytes: number[] = [];
  const usedBytes: number[] = [];
  for (const request of requests) {
    answers.push(await REQUESTS[kindOf(request)]!(asked, randomBits(request)));
    globalThis.gc!();
    const { rss, heapUsed, external } = process.memoryUsage();
    residentBytes.push(rss);
    usedBytes.push(heapUsed + external);
    const done = answers.length;
    if (done % Math.ceil(requests.length / 10) === 0) console.error(`${done} of ${requests.length} requests`);
  }
  await model.dispose();
  globalThis.gc!();
  return { answers, residentBytes, usedBytes, disposedBytes: process.memoryUsage.rss() };
}
