import type { Qwen2Config } from "@internvl/config";
import { Checkpoint, Layers } from "@internvl/convert";
import { GraphBuilder, type GroupQueryAttentionCache, type Value, writeModel } from "@internvl/onnx";
import { InternVL2_5Config, openModel, openSink } from "internvl";

/** Rows of the rotary tables: more than any prompt here. */
const POSITIONS = 8192;
/** The name by which transformers.js finds this dimension when it makes an empty cache. */
const BATCH = "batch_size";

/**
 * Writes the language model of a checkpoint as transformers.js reads Qwen2: ids and mask in, logits of the last position and
 * the whole cache (`present.*`) out, as exporters make it with onnxruntime's GroupQueryAttention. Weights are those of our
 * own q4 (blocks of 128, where published models mostly have 32: that would be slower).
 *
 * @throws Error for checkpoints of InternLM2
 */
export async function writeTransformersJsModel(source: string, target: string): Promise<void> {
  const { text_config: config } = await InternVL2_5Config.from_pretrained(source);
  if (config.model_type !== "qwen2") throw new Error(`no graph of ${config.model_type} for transformers.js`);
  const sink = await openSink(target);
  const g = new GraphBuilder({ name: "model" });
  buildModel(new Layers(g, await Checkpoint.open(await openModel(source)), "q4"), config);
  await writeModel(sink, "onnx/model_q4.onnx", g);
  const json = { architectures: ["Qwen2ForCausalLM"], ...config.to_dict(), eos_token_id: null };
  const file = await sink.create("config.json");
  await file.write(new TextEncoder().encode(JSON.stringify(json)));
  await file.commit();
}

function buildModel(layers: Layers, config: Qwen2Config): void {
  const { g } = layers;
  const input_ids = g.input("input_ids", "int64", [BATCH, "new"]);
  const attention_mask = g.input("attention_mask", "int64", [BATCH, "total"]);
  const lengths = g.cast(g.reduceSum(attention_mask, [1], false), "int32");
  const shared = {
    config,
    seqlens_k: g.sub(lengths, 1),
    total_sequence_length: g.cast(g.dim(attention_mask, 1), "int32"),
    rotary: rotaryTables(g, config),
  };
  const last = layers.module("language_model.model", (model) => {
    let x = model.embedding(input_ids, "embed_tokens");
    for (let index = 0; index < config.num_hidden_layers; index++) {
      x = model.module(`layers.${index}`, (layer) => decoderLayer(layer, index, x, shared));
    }
    return model.rmsNorm(x, "norm", config.rms_norm_eps);
  });
  const tail = g.refine(g.slice(last, { axis: 1, start: -1 }), [BATCH, 1, config.hidden_size]);
  g.output("logits", layers.linear(tail, "language_model.lm_head"));
}

interface Shared extends Pick<GroupQueryAttentionCache, "seqlens_k" | "total_sequence_length"> {
  config: Qwen2Config;
  rotary: { cos: Value; sin: Value };
}

function decoderLayer(layer: Layers, index: number, x: Value, shared: Shared): Value {
  const { g } = layer;
  const { rms_norm_eps: epsilon } = shared.config;
  const normed = layer.rmsNorm(x, "input_layernorm", epsilon);
  const attended = layer.module("self_attn", (attn) => attention(attn, index, normed, shared));
  const { sum, normed: middle } = layer.addRmsNorm(x, attended, "post_attention_layernorm", epsilon);
  const fed = layer.module("mlp", (mlp) => {
    const gate = g.quickGelu(mlp.linear(middle, "gate_proj"), 1);
    return mlp.linear(g.mul(gate, mlp.linear(middle, "up_proj")), "down_proj");
  });
  return g.add(sum, fed);
}

function attention(attn: Layers, index: number, x: Value, { config, rotary, ...lengths }: Shared): Value {
  const { g } = attn;
  const { num_attention_heads: num_heads, num_key_value_heads: kv_num_heads, head_dim } = config;
  const past = (part: string) =>
    g.input(`past_key_values.${index}.${part}`, "float32", [BATCH, kv_num_heads, "past", head_dim]);
  const cache = { past_key: past("key"), past_value: past("value"), ...lengths };
  const [attended, key, value] = g.groupQueryAttention(
    attn.linear(x, "q_proj"),
    attn.linear(x, "k_proj"),
    attn.linear(x, "v_proj"),
    cache,
    { num_heads, kv_num_heads, rotary },
  );
  g.output(`present.${index}.key`, key);
  g.output(`present.${index}.value`, value);
  return attn.linear(attended, "o_proj");
}

function rotaryTables(g: GraphBuilder, { head_dim, rope_theta }: Qwen2Config): { cos: Value; sin: Value } {
  const half = head_dim / 2;
  const table = (name: string, of: (angle: number) => number) => {
    const values = Float32Array.from({ length: POSITIONS * half }, (_, at) =>
      of(Math.floor(at / half) * rope_theta ** (-(at % half) / half)),
    );
    return g.initializer(name, "float32", [POSITIONS, half], values);
  };
  return { cos: table("cos", Math.cos), sin: table("sin", Math.sin) };
}
