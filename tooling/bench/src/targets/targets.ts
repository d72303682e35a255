/** What a figure has to reach: a row of a report, and a limit of it or of its ratio to another row of the same report. */
export interface Target {
  what: string;
  benchmark: string;
  ours: string;
  /** The ratio to this row has the limit. Without it the figure itself has, in its own unit. */
  against?: string;
  /** Exactly one of the two. */
  atMost?: number;
  atLeast?: number;
  /** Why it is missed, shown when it is: a text with places for figures of the same run, see `fillIn`. */
  whenMissed?: string;
}

/** Every row of the target table, in its order. */
export const TARGETS: readonly Target[] = [
  {
    what: "pixels: 12 MP JPEG to 13 normalised tiles, the time",
    benchmark: "preprocess",
    ours: "Node: total",
    against: "Python: total",
    atMost: 1,
  },
  {
    what: "vision tower int8, a tile",
    benchmark: "vision",
    ours: "int8: a tile",
    against: "OpenVINO int8: a tile",
    atMost: 1,
    whenMissed: tileLimit("OpenVINO int8"),
  },
  {
    what: "vision tower int8, a tile",
    benchmark: "vision",
    ours: "int8: a tile",
    against: "PyTorch fp32: a tile",
    atMost: 0.35,
    whenMissed: tileLimit("PyTorch fp32"),
  },
  {
    what: "prefill, q4",
    benchmark: "prefill",
    ours: "q4: prefill",
    against: "node-llama-cpp q4_0: prefill",
    atLeast: 1.3,
  },
  ...decodeTargets("node-llama-cpp q4_0", { 100: 1.5, 1800: 2, 4000: 2.5 }),
  ...decodeTargets("llama-bench q4_0", { 100: 1, 1800: 1.3 }),
  ...[100, 1800, 4000].map((context) => ({
    what: `JavaScript's part of a step at ${context}`,
    benchmark: "decode",
    ours: `JavaScript's part at ${context}`,
    against: `step at ${context}`,
    atMost: 0.05,
  })),
  {
    what: "a step at 4000 tokens",
    benchmark: "decode",
    ours: "step at 4000",
    against: "step at 100",
    atMost: 2.2,
  },
  {
    what: "follow-up question on the same picture: time to first token",
    benchmark: "followup",
    ours: "second question, whole conversation given again",
    against: "first question",
    atMost: 0.1,
  },
  {
    what: "the same with past_key_values",
    benchmark: "followup",
    ours: "second question, past_key_values",
    against: "first question",
    atMost: 0.1,
  },
  {
    what: "batch of 8 answers",
    benchmark: "batch",
    ours: "together",
    against: "one after the other",
    atLeast: 3,
    whenMissed: "prompts count in both, and gain nothing; the next row is without them",
  },
  {
    what: "batch of 8 answers, their steps alone",
    benchmark: "batch",
    ours: "steps alone, together",
    against: "steps alone, one after the other",
    atLeast: 3,
    whenMissed:
      "onnxruntime's 4-bit products, and those of attention with each row's cache, alone: {limits: 8 rows at 100: products and caches alone / limits: decode at 100: products and cache alone} x for 8 rows",
  },
  {
    what: "conversion, not quantised (fp32, weights stay in the checkpoint)",
    benchmark: "convert",
    ours: "fp32, linked: of the source",
    against: "copy of the file",
    atLeast: 0.8,
  },
  {
    what: "conversion, not quantised (fp16, each number rounded from bfloat16)",
    benchmark: "convert",
    ours: "fp16: of the source",
    against: "copy of the file",
    atLeast: 0.8,
    whenMissed: "each bfloat16 is rounded to float16, and the tokenizer and all tensors are checked first",
  },
  ...["q4", "fp16"].map((dtype) => ({
    what: `conversion to ${dtype}: peak memory beside the largest tensor`,
    benchmark: "convert",
    ours: `${dtype}: peak memory beside the largest tensor`,
    atMost: 500,
  })),
  {
    what: "resident memory while answering",
    benchmark: "memory",
    ours: "answer: peak",
    against: "weights and cache",
    atMost: 1.3,
    whenMissed:
      "what the largest run of each session computed with stays in its arena, which onnxruntime-node has no option to shrink or to share; the next row is without",
  },
  {
    what: "the same without onnxruntime's arenas, freed memory given back (docs/performance.md)",
    benchmark: "memory",
    ours: "without arenas, answer: peak",
    against: "weights and cache",
    atMost: 1.3,
  },
  ...["a tile", "prefill", "decode"].map((figure) => ({
    what: `browser (wasm) int8, ${figure}`,
    benchmark: "web",
    ours: `page: ${figure}`,
    against: `Node: ${figure}`,
    atLeast: 0.3,
    whenMissed: `onnxruntime's int8 products alone: {limits: page: ${figure}, int8 products alone / limits: Node: ${figure}, int8 products alone} x; its wasm has no instruction for them as Node's processor may have (VNNI)`,
  })),
  { what: "event loop while answering", benchmark: "loop", ours: "longest block", atMost: 50 },
  ...["worker with the library", "page"].map((part) => ({
    what: `web bundle without onnxruntime and its wasm, gzip: ${part}`,
    benchmark: "web",
    ours: `bundle: ${part}`,
    atMost: 120,
  })),
  { what: '`import "internvl"` in Node', benchmark: "startup", ours: "import, beyond an empty script", atMost: 150 },
];

function decodeTargets(peer: string, limits: Readonly<Record<string, number>>): Target[] {
  return Object.entries(limits).map(([context, atLeast]) => ({
    what: `decode, q4, at ${context} tokens`,
    benchmark: "decode",
    ours: `decode at ${context}`,
    against: `${peer}: decode at ${context}`,
    atLeast,
    whenMissed: atBest(
      "onnxruntime's 4-bit products, and those of attention with the cache, alone",
      `limits: decode at ${context}: products and cache alone`,
      `decode: ${peer}: decode at ${context}`,
    ),
  }));
}

function tileLimit(peer: string): string {
  const limit = "limits: a tile: all of these";
  const what = "onnxruntime's int8 products, its MultiHeadAttention, norms, additions and Gelu, each by itself";
  return atBest(what, limit, `vision: ${peer}: a tile`);
}

function atBest(what: string, limit: string, against: string): string {
  return `${what}: {${limit}}, at best {${limit} / ${against}} x`;
}
