import { syntheticQwen2Tokenizer } from "../checkpoint/qwen2-tokenizer.js";
import type { Shape } from "../checkpoint/shape.js";
import { syntheticTokenizer } from "../checkpoint/tokenizer.js";
import type { GgmlType, GgufTensor, GgufValue } from "./format.js";

/** `token_type` of ggml: plain vocabulary, and tokens that steer. */
const NORMAL = 1;
const CONTROL = 3;

/** The language model of a shape as llama.cpp names its parts. Qwen2 has biases, InternLM2 is in the form of Llama. */
export function ggufLanguageModel(
  shape: Shape,
  type: GgmlType,
): { metadata: Record<string, GgufValue>; tensors: GgufTensor[] } {
  const architecture = shape.language === "internlm2" ? "llama" : "qwen2";
  const { tokens, merges, firstAdded, endOfTurn } = vocabulary(shape);
  return {
    metadata: {
      "general.architecture": architecture,
      "general.name": "random weights",
      ...prefixed(architecture, sizes(shape)),
      "tokenizer.ggml.model": "gpt2",
      "tokenizer.ggml.pre": "qwen2",
      "tokenizer.ggml.tokens": tokens,
      "tokenizer.ggml.token_type": tokens.map((_, id) => (id < firstAdded ? NORMAL : CONTROL)),
      "tokenizer.ggml.merges": merges,
      "tokenizer.ggml.eos_token_id": endOfTurn,
      "tokenizer.ggml.add_bos_token": false,
    },
    tensors: tensorsOf(shape, tokens.length, type),
  };
}

function sizes({ text }: Shape): Record<string, GgufValue> {
  const headDim = text.hidden / text.heads;
  return {
    block_count: text.layers,
    context_length: 32_768,
    embedding_length: text.hidden,
    feed_forward_length: text.intermediate,
    "attention.head_count": text.heads,
    "attention.head_count_kv": text.keyValueHeads,
    "attention.layer_norm_rms_epsilon": { float32: 1e-6 },
    "rope.dimension_count": headDim,
    "rope.freq_base": { float32: 1_000_000 },
  };
}

function prefixed(prefix: string, values: Record<string, GgufValue>): Record<string, GgufValue> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value]));
}

/** Qwen2's made-up tokenizer for all, in the shape's size: llama.cpp wants one, and only its size matters to speed. */
function vocabulary(shape: Shape) {
  const added = syntheticQwen2Tokenizer(shape.vocabulary).size - shape.vocabulary;
  const { files, endOfTurn } = syntheticQwen2Tokenizer(syntheticTokenizer(shape).size - added);
  const texts: string[] = [];
  for (const file of ["vocab.json", "added_tokens.json"]) {
    const ids = JSON.parse(String(files[file])) as Record<string, number>;
    for (const [token, id] of Object.entries(ids)) texts[id] = token;
  }
  const merges = String(files["merges.txt"]).trim().split("\n").slice(1);
  return { tokens: texts, merges, firstAdded: texts.length - added, endOfTurn };
}

function tensorsOf({ text, language }: Shape, tokens: number, type: GgmlType): GgufTensor[] {
  const { hidden, intermediate } = text;
  const keyValue = (hidden / text.heads) * text.keyValueHeads;
  const matrix = (name: string, rows: number, columns: number): GgufTensor => ({
    name: `${name}.weight`,
    shape: [rows, columns],
    type,
  });
  const vector = (name: string, size: number): GgufTensor => ({ name, shape: [size], type: "F32" });
  const layers = Array.from({ length: text.layers }, (_, index) => {
    const at = `blk.${index}`;
    const biases = [
      vector(`${at}.attn_q.bias`, hidden),
      vector(`${at}.attn_k.bias`, keyValue),
      vector(`${at}.attn_v.bias`, keyValue),
    ];
    return [
      vector(`${at}.attn_norm.weight`, hidden),
      matrix(`${at}.attn_q`, hidden, hidden),
      matrix(`${at}.attn_k`, keyValue, hidden),
      matrix(`${at}.attn_v`, keyValue, hidden),
      ...(language === "qwen2" ? biases : []),
      matrix(`${at}.attn_output`, hidden, hidden),
      vector(`${at}.ffn_norm.weight`, hidden),
      matrix(`${at}.ffn_gate`, intermediate, hidden),
      matrix(`${at}.ffn_up`, intermediate, hidden),
      matrix(`${at}.ffn_down`, hidden, intermediate),
    ];
  });
  return [
    matrix("token_embd", tokens, hidden),
    ...layers.flat(),
    vector("output_norm.weight", hidden),
    matrix("output", tokens, hidden),
  ];
}
