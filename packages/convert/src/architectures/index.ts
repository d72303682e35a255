import type { Dtype, GraphName, InternVL2_5Config } from "@internvl/config";
import { InternVLError } from "@internvl/core";
import { GraphBuilder } from "@internvl/onnx";
import type { Checkpoint } from "../checkpoint/index.js";
import { Layers } from "../layers/layers.js";
import { buildVisionEncoder } from "./internvit.js";
import { buildQwen2Decoder, buildQwen2Embeddings } from "./qwen2.js";

/** The graphs of a language model. */
interface TextArchitecture {
  embed_tokens(layers: Layers, config: InternVL2_5Config): void;
  decoder_model_merged(layers: Layers, config: InternVL2_5Config): void;
}

/** By the text config's `model_type`. Another language model is a file beside `qwen2.ts` and a line here. */
const TEXT_ARCHITECTURES: Readonly<Record<string, TextArchitecture>> = {
  qwen2: { embed_tokens: buildQwen2Embeddings, decoder_model_merged: buildQwen2Decoder },
};

/**
 * One graph of the model, its weights waiting in the checkpoint: nothing is read before the graph is written.
 *
 * @throws InternVLError `UNSUPPORTED` for a language model that there is no architecture for
 */
export function buildGraph(
  name: GraphName,
  dtype: Dtype,
  config: InternVL2_5Config,
  checkpoint: Checkpoint,
): GraphBuilder {
  const g = new GraphBuilder({ name, metadata: { dtype, producer: "@internvl/convert" } });
  const layers = new Layers(g, checkpoint, dtype);
  if (name === "vision_encoder") buildVisionEncoder(layers, config);
  else textArchitecture(config)[name](layers, config);
  return g;
}

function textArchitecture({ text_config }: InternVL2_5Config): TextArchitecture {
  const architecture = TEXT_ARCHITECTURES[text_config.model_type];
  if (architecture !== undefined) return architecture;
  throw new InternVLError("UNSUPPORTED", {
    what: "The language model cannot be converted yet",
    expected: Object.keys(TEXT_ARCHITECTURES).join(", "),
    got: text_config.model_type,
  });
}
