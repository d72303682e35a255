import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { pixelShuffle, Rows } from "../src/reference/index.js";
import { compareVariant } from "./reference-goldens.js";

const TINY = fileURLToPath(new URL("../../../tooling/verify/fixtures/tiny/", import.meta.url));
/** Both forms of InternViT, both language models, tied, bfloat16 or sharded as the fixtures have them. */
const VARIANTS = readdirSync(TINY).filter((name) => /^tiny-/.test(name));

describe("the plain evaluation", () => {
  it.each(VARIANTS)(
    "gives the original code's numbers: %s",
    async (variant) => {
      const differences = await compareVariant(TINY, variant);
      expect([...differences.keys()].sort()).toEqual([
        "features",
        "features_ps_v1",
        "features_select_layer_-2",
        "hidden_last_pos",
        "last_logits",
        "vit_hidden_states_first4",
        "vit_last_hidden_state",
      ]);
      for (const [name, difference] of differences) expect([name, difference < 1e-4]).toEqual([name, true]);
    },
    60_000,
  );

  it("shuffles pixels block by block, by rows with v2 and by columns with v1", () => {
    const patches = Rows.of(
      Array.from({ length: 16 }, (_, index) => index),
      1,
    );
    const blocks = [
      [0, 1, 4, 5],
      [2, 3, 6, 7],
      [8, 9, 12, 13],
      [10, 11, 14, 15],
    ];
    expect([...pixelShuffle(patches, 2, "v2").data]).toEqual(blocks.flat());
    expect([...pixelShuffle(patches, 2, "v1").data]).toEqual([0, 2, 1, 3].flatMap((index) => blocks[index]!));
  });
});
