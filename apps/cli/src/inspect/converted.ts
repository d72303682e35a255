import { externalPlace, parseModel, type proto } from "@internvl/onnx";
import type { ModelFiles } from "internvl";

export interface GraphInspection {
  path: string;
  /** As the file's name says it: `"q4"`; without one `"fp32"`. */
  dtype: string;
  /** Bytes, external data included; a table that two graphs share counts for each. */
  byteLength: number;
  nodes: number;
  /** `"pixel_values float32 [tiles, 3, 448, 448]"`; the cache's, which repeat for every layer, are left out. */
  inputs: string[];
  outputs: string[];
}

const GRAPH = /^onnx\/(vision_encoder|embed_tokens|decoder_model_merged)(?:_([a-z0-9]+))?\.onnx$/;
/** ONNX's TensorProto.DataType, those that graphs of this converter have. */
const ELEMENT_TYPES: Readonly<Record<number, string>> = { 1: "float32", 7: "int64", 10: "float16" };

/** The graphs of a converted folder, from the files that describe them: weights are not read. */
export async function inspectConverted(files: ModelFiles): Promise<GraphInspection[]> {
  const listing = await files.list();
  const graphs: GraphInspection[] = [];
  for (const path of listing) {
    const match = GRAPH.exec(path);
    if (match === null) continue;
    const own = `${path}_data`;
    const data = listing.includes(own) ? await files.size(own) : 0;
    const { graph } = parseModel(await files.read(path), path);
    graphs.push({
      path,
      dtype: match[2] ?? "fp32",
      byteLength: (await files.size(path)) + data + bytesElsewhere(graph, own.slice(own.lastIndexOf("/") + 1)),
      nodes: graph?.node.length ?? 0,
      inputs: (graph?.input ?? []).filter(isOwn).map(describeValue),
      outputs: (graph?.output ?? []).filter(isOwn).map(describeValue),
    });
  }
  return graphs;
}

/** Bytes of the weights that a graph reads from other files than `own`: a table that two share, linked ones. */
function bytesElsewhere(graph: proto.GraphProto | undefined, own: string): number {
  let sum = 0;
  for (const tensor of graph?.initializer ?? []) {
    const place = externalPlace(tensor);
    if (place !== undefined && place.location !== own) sum += place.byteLength ?? 0;
  }
  return sum;
}

function isOwn({ name }: proto.ValueInfoProto): boolean {
  return !/^(past|new)_key_values\./.test(name);
}

function describeValue({ name, type }: proto.ValueInfoProto): string {
  if (type?.value.case !== "tensorType") return name;
  const { elemType, shape } = type.value.value;
  const dims = (shape?.dim ?? []).map(({ value }) => (value.case === undefined ? "?" : String(value.value)));
  return `${name} ${ELEMENT_TYPES[elemType] ?? `type ${elemType}`} [${dims.join(", ")}]`;
}
