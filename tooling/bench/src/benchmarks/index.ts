import { aborts } from "./aborts.js";
import { attention } from "./attention.js";
import { batch } from "./batch.js";
import type { Benchmark } from "./benchmark.js";
import { cacheTypes } from "./cache-types.js";
import { convert } from "./convert.js";
import { convertLarge } from "./convert-large.js";
import { decode } from "./decode.js";
import { embeddings } from "./embeddings.js";
import { followup } from "./followup.js";
import { limits } from "./limits.js";
import { loop } from "./loop.js";
import { memory } from "./memory.js";
import { pieces } from "./pieces.js";
import { prefill } from "./prefill.js";
import { preprocess } from "./preprocess.js";
import { products } from "./products.js";
import { profile } from "./profile.js";
import { room } from "./room.js";
import { scaling } from "./scaling.js";
import { search } from "./search.js";
import { soak, soakShape } from "./soak.js";
import { startup } from "./startup.js";
import { video } from "./video.js";
import { vision } from "./vision.js";
import { web } from "./web.js";

/** What the target table needs, in the order in which all of it is run. */
const ofTargets: Readonly<Record<string, Benchmark>> = {
  startup,
  preprocess,
  convert,
  vision,
  prefill,
  decode,
  batch,
  followup,
  loop,
  memory,
  web,
  limits,
};

/** What is run only when it is named. */
const extras: Readonly<Record<string, Benchmark>> = {
  "cache-types": cacheTypes,
  "convert-large": convertLarge,
  attention,
  embeddings,
  pieces,
  products,
  profile,
  scaling,
  search,
  room,
  aborts,
  soak,
  "soak-shape": soakShape,
  video,
};

/** By the name that the command line takes. */
export const benchmarks: Readonly<Record<string, Benchmark>> = { ...ofTargets, ...extras };

/** What is run when nothing is named. */
export const DEFAULT_NAMES: readonly string[] = Object.keys(ofTargets);
