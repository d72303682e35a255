import type { InternLM2Config } from "@internvl/config";
import { attention } from "./attention.js";
import { rmsNorm, silu } from "./functions.js";
import { rotate } from "./rotary.js";
import { Rows } from "./rows.js";
import type { Weights } from "./weights.js";

/** One layer of InternLM2. `x [tokens, hidden]` from the sequence's first token on -> `[tokens, hidden]`. */
export async function internlm2Layer(layer: Weights, config: InternLM2Config, x: Rows, angles: Rows): Promise<Rows> {
  const { num_attention_heads: heads, num_key_value_heads: keyHeads, rms_norm_eps } = config;
  const norm = async (states: Rows, name: string) =>
    rmsNorm(states, await layer.vector(`${name}.weight`), rms_norm_eps);

  const joined = await layer.linear(await norm(x, "attention_norm"), "attention.wqkv");
  const { query, key, value } = splitGroups(joined, config);
  const rotated = { query: rotate(query, angles), key: rotate(key, angles), value };
  const mixed = attention(rotated, { heads, keyHeads }, (token) => token + 1);
  const middle = x.plus(await layer.linear(mixed, "attention.wo"));

  const wide = await norm(middle, "ffn_norm");
  const gate = (await layer.linear(wide, "feed_forward.w1")).map(silu);
  const up = await layer.linear(wide, "feed_forward.w3");
  return middle.plus(await layer.linear(gate.times(up), "feed_forward.w2"));
}

/**
 * `wqkv` gives slots of `head_dim` numbers, for one key head after the other: the queries that share it, the key, the value.
 */
function splitGroups(joined: Rows, config: InternLM2Config): { query: Rows; key: Rows; value: Rows } {
  const { num_attention_heads: heads, num_key_value_heads: keyHeads, head_dim } = config;
  const groups = heads / keyHeads;
  const pick = (slots: readonly number[]) => {
    const picked = new Rows(joined.count, slots.length * head_dim);
    for (let token = 0; token < joined.count; token++) {
      for (const [place, slot] of slots.entries()) {
        const part = joined.row(token).subarray(slot * head_dim, (slot + 1) * head_dim);
        picked.row(token).set(part, place * head_dim);
      }
    }
    return picked;
  };
  const first = (keyHead: number) => keyHead * (groups + 2);
  const all = (count: number) => Array.from({ length: count }, (_, index) => index);
  return {
    query: pick(all(heads).map((head) => first(Math.floor(head / groups)) + (head % groups))),
    key: pick(all(keyHeads).map((keyHead) => first(keyHead) + groups)),
    value: pick(all(keyHeads).map((keyHead) => first(keyHead) + groups + 1)),
  };
}
