import type { Dtype, GraphName, InternVL2_5Config, TextConfig } from "@internvl/config";
import { GraphBuilder } from "@internvl/onnx";
import type { TensorSource } from "../checkpoint/index.js";
import { type LayerOptions, Layers } from "../layers/layers.js";
import { buildInternLM2Decoder, buildInternLM2Embeddings, INTERNLM2_HEAD, INTERNLM2_TABLE } from "./internlm2.js";
import { buildVisionEncoder } from "./internvit.js";
import { buildQwen2Decoder, buildQwen2Embeddings, QWEN2_HEAD, QWEN2_TABLE, withQwen2Joined } from "./qwen2.js";

/** The graphs of a language model with the configuration `C`. */
interface TextArchitecture<C extends TextConfig> {
  embed_tokens(layers: Layers, config: C): void;
  decoder_model_merged(layers: Layers, config: C): void;
  /** Modules: the table of embeddings, and the output layer, which a tied model does not have. */
  readonly table: string;
  readonly head: string;
  /** The checkpoint as these graphs ask for it. Default: as it is. */
  arrange?(checkpoint: TensorSource, config: C): TensorSource;
}

/** By `model_type`, all that can be configured. Another language model is a file beside `qwen2.ts` and a line here. */
const TEXT_ARCHITECTURES: { readonly [C in TextConfig as C["model_type"]]: TextArchitecture<C> } = {
  qwen2: {
    embed_tokens: buildQwen2Embeddings,
    decoder_model_merged: buildQwen2Decoder,
    table: QWEN2_TABLE,
    head: QWEN2_HEAD,
    arrange: withQwen2Joined,
  },
  internlm2: {
    embed_tokens: buildInternLM2Embeddings,
    decoder_model_merged: buildInternLM2Decoder,
    table: INTERNLM2_TABLE,
    head: INTERNLM2_HEAD,
  },
};

/** One graph of the model, its weights waiting in the checkpoint: nothing is read before the graph is written. */
export function buildGraph(
  name: GraphName,
  dtype: Dtype,
  config: InternVL2_5Config,
  checkpoint: TensorSource,
  options: LayerOptions = {},
): GraphBuilder {
  const g = new GraphBuilder({ name, metadata: { dtype, producer: "@internvl/convert" } });
  const { text_config } = config;
  const text = textArchitecture(text_config);
  const arranged =
    name === "decoder_model_merged" ? (text.arrange?.(checkpoint, text_config) ?? checkpoint) : checkpoint;
  const layers = new Layers(g, arranged, dtype, options);
  if (name === "vision_encoder") buildVisionEncoder(layers, config);
  else text[name](layers, text_config);
  return g;
}

/** The tensor that is both the table of embeddings and the output layer; undefined for a model that is not tied. */
export function tiedTable({ text_config }: InternVL2_5Config, checkpoint: TensorSource): string | undefined {
  const { table, head } = textArchitecture(text_config);
  return checkpoint.has(`${head}.weight`) ? undefined : `${table}.weight`;
}

/** The table pairs each configuration with its architecture, which TypeScript cannot follow through an index. */
function textArchitecture({ model_type }: TextConfig): TextArchitecture<TextConfig> {
  return TEXT_ARCHITECTURES[model_type] as TextArchitecture<TextConfig>;
}
