import type { Qwen2Config } from "@internvl/config";
import { attention } from "./attention.js";
import { rmsNorm, silu } from "./functions.js";
import { rotate } from "./rotary.js";
import type { Rows } from "./rows.js";
import type { Weights } from "./weights.js";

/** One layer of Qwen2. `x [tokens, hidden]` from the sequence's first token on -> `[tokens, hidden]`. */
export async function qwen2Layer(layer: Weights, config: Qwen2Config, x: Rows, angles: Rows): Promise<Rows> {
  const { num_attention_heads: heads, num_key_value_heads: keyHeads, rms_norm_eps } = config;
  const norm = async (states: Rows, name: string) =>
    rmsNorm(states, await layer.vector(`${name}.weight`), rms_norm_eps);

  const normed = await norm(x, "input_layernorm");
  const query = rotate(await layer.linear(normed, "self_attn.q_proj"), angles);
  const key = rotate(await layer.linear(normed, "self_attn.k_proj"), angles);
  const value = await layer.linear(normed, "self_attn.v_proj");
  const mixed = attention({ query, key, value }, { heads, keyHeads }, (token) => token + 1);
  const middle = x.plus(await layer.linear(mixed, "self_attn.o_proj"));

  const wide = await norm(middle, "post_attention_layernorm");
  const gate = (await layer.linear(wide, "mlp.gate_proj")).map(silu);
  const up = await layer.linear(wide, "mlp.up_proj");
  return middle.plus(await layer.linear(gate.times(up), "mlp.down_proj"));
}
