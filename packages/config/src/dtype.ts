import { InternVLError } from "@internvl/core";

/** The graphs of a converted folder, `onnx/GRAPH[_DTYPE].onnx`. */
export const GRAPHS = ["vision_encoder", "embed_tokens", "decoder_model_merged"] as const;
export type GraphName = (typeof GRAPHS)[number];

/**
 * How weights are stored and multiplied. Norms, biases and the patch embedding are always float32 in memory.
 *
 * | dtype | weights | product |
 * |---|---|---|
 * | `fp32` | float32 | float32 |
 * | `fp16` | float16 | float32 on a CPU, widened when the graph is loaded |
 * | `q8` | 8 bits, one scale for 128 weights | MatMulNBits |
 * | `int8` | 8 bits, one scale a column | DynamicQuantizeMatMul: activations are rounded to 8 bits too |
 * | `q4` | 4 bits, one scale for 128 weights | MatMulNBits |
 */
export const DTYPES = ["fp32", "fp16", "q8", "int8", "q4"] as const;
export type Dtype = (typeof DTYPES)[number];

/** What a decoder's keys and values are stored in between runs. It computes with them in float32. */
export const CACHE_DTYPES = ["float32", "float16"] as const;
export type CacheDtype = (typeof CACHE_DTYPES)[number];

export type GraphDtypes = Record<GraphName, Dtype>;

/** One dtype for all, or one a graph; graphs that are not named take the default. */
export type DtypeOption = Dtype | Partial<GraphDtypes>;

/**
 * What one name means for each graph. A lookup table is never multiplied, so its rows are 8 bits at the least; and the
 * vision encoder in 4 bits is both slower and worse than in 8 (cosine 0.977 against 0.999 on the 300M), so `"q4"` leaves
 * it at int8. `{ vision_encoder: "q4" }` insists.
 */
const PRESETS: Record<Dtype, GraphDtypes> = {
  fp32: { vision_encoder: "fp32", embed_tokens: "fp32", decoder_model_merged: "fp32" },
  fp16: { vision_encoder: "fp16", embed_tokens: "fp16", decoder_model_merged: "fp16" },
  q8: { vision_encoder: "q8", embed_tokens: "int8", decoder_model_merged: "q8" },
  int8: { vision_encoder: "int8", embed_tokens: "int8", decoder_model_merged: "int8" },
  q4: { vision_encoder: "int8", embed_tokens: "int8", decoder_model_merged: "q4" },
};

/** The fastest on a CPU that runs native code: int8 for the vision encoder, 4 bits for the decoder. */
export const DEFAULT_DTYPE: Dtype = "q4";

/** @throws InternVLError `INPUT_INVALID` for a dtype or a graph that is not known */
export function resolveDtypes(option: DtypeOption = DEFAULT_DTYPE): GraphDtypes {
  if (typeof option === "string") return { ...PRESETS[assertDtype(option)] };
  const unknown = Object.keys(option).find((name) => !(GRAPHS as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new InternVLError("INPUT_INVALID", {
      what: "dtype names a graph that there is not",
      expected: GRAPHS.join(", "),
      got: unknown,
    });
  }
  const resolved = { ...PRESETS[DEFAULT_DTYPE] };
  for (const graph of GRAPHS) {
    const dtype = option[graph];
    if (dtype !== undefined) resolved[graph] = assertDtype(dtype);
  }
  if (resolved.embed_tokens === "q4" || resolved.embed_tokens === "q8") resolved.embed_tokens = "int8";
  return resolved;
}

/** `onnx/decoder_model_merged_q4.onnx`; fp32 has no suffix, as in other JavaScript libraries. */
export function graphPath(graph: GraphName, dtype: Dtype): string {
  return `onnx/${graph}${suffixOf(dtype)}.onnx`;
}

/**
 * `onnx/tied_embeddings_fp16.onnx_data`: the table that `embed_tokens` and a decoder whose output layer is tied to it both
 * read, where both have the same bytes (fp32, fp16).
 */
export function tiedEmbeddingsPath(dtype: Dtype): string {
  return `onnx/tied_embeddings${suffixOf(dtype)}.onnx_data`;
}

/** The files, of those in `listing`, that a graph reads its weights from: its own, and the table that it may share. */
export function graphDataPaths(graph: GraphName, dtype: Dtype, listing: readonly string[]): string[] {
  const paths = [`${graphPath(graph, dtype)}_data`];
  if (graph !== "vision_encoder") paths.push(tiedEmbeddingsPath(dtype));
  return paths.filter((path) => listing.includes(path));
}

function suffixOf(dtype: Dtype): string {
  return dtype === "fp32" ? "" : `_${dtype}`;
}

/**
 * Says, in a folder whose graphs read weights from the checkpoint's own files, which these are: `{ "files": [...] }`,
 * relative to the folder of the graphs.
 */
export const LINKED_WEIGHTS = "onnx/linked_weights.json";

/** @throws InternVLError `INPUT_INVALID` for one that is not known */
export function assertCacheDtype(dtype: string): CacheDtype {
  if ((CACHE_DTYPES as readonly string[]).includes(dtype)) return dtype as CacheDtype;
  throw new InternVLError("INPUT_INVALID", {
    what: "Unknown cache_dtype",
    expected: CACHE_DTYPES.join(" or "),
    got: String(dtype),
  });
}

function assertDtype(dtype: string): Dtype {
  if ((DTYPES as readonly string[]).includes(dtype)) return dtype as Dtype;
  throw new InternVLError("INPUT_INVALID", { what: "Unknown dtype", expected: DTYPES.join(", "), got: String(dtype) });
}
