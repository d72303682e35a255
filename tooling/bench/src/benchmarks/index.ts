import { aborts } from "./aborts.js";
import { batch } from "./batch.js";
import type { Benchmark } from "./benchmark.js";
import { convert } from "./convert.js";
import { convertLarge } from "./convert-large.js";
import { decode } from "./decode.js";
import { load } from "./load.js";
import { preprocess } from "./preprocess.js";
import { profile } from "./profile.js";
import { room } from "./room.js";
import { scaling } from "./scaling.js";
import { search } from "./search.js";
import { soak, soakShape } from "./soak.js";
import { video } from "./video.js";
import { vision } from "./vision.js";
import { web } from "./web.js";

/** By the name that the command line takes, in the order of `all`. */
export const benchmarks: Readonly<Record<string, Benchmark>> = {
  preprocess,
  convert,
  "convert-large": convertLarge,
  load,
  vision,
  decode,
  profile,
  scaling,
  batch,
  search,
  room,
  aborts,
  soak,
  "soak-shape": soakShape,
  video,
  web,
};
