import { InternVLError } from "@internvl/core";
import { batch } from "./batch.js";
import { chat } from "./chat.js";
import { config } from "./config.js";
import { convert } from "./convert.js";
import { decode } from "./decode.js";
import { dialects } from "./dialects.js";
import { forward } from "./forward.js";
import { generate } from "./generate.js";
import { grids } from "./grids.js";
import type { Group } from "./group.js";
import { preprocess } from "./preprocess.js";
import { sampling } from "./sampling/sampling.js";
import { tokenize } from "./tokenize.js";
import { video } from "./video.js";

/** All groups, in the order of the table. */
export const GROUPS: Readonly<Record<string, Group>> = {
  decode,
  grids,
  preprocess,
  tokenize,
  chat,
  video,
  config,
  forward,
  generate,
  batch,
  sampling,
  dialects,
  convert,
};

/**
 * Groups by their names, in the order of the table.
 *
 * @throws InternVLError `INPUT_INVALID` (a group that there is not)
 */
export function selectGroups(names: readonly string[] = Object.keys(GROUPS)): Readonly<Record<string, Group>> {
  const unknown = names.find((name) => !Object.hasOwn(GROUPS, name));
  if (unknown !== undefined) {
    throw new InternVLError("INPUT_INVALID", {
      what: "There is no such group of checks",
      expected: Object.keys(GROUPS).join(", "),
      got: unknown,
    });
  }
  return Object.fromEntries(Object.entries(GROUPS).filter(([name]) => names.includes(name)));
}
