import {
  dtypeFromCode,
  elementBytes,
  externalPlace,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from "@internvl/onnx";

/** Where a tensor lies in a file, of which `location` is the path from the graph's folder. */
export interface Place {
  location: string;
  start: number;
  end: number;
}

/** A table of embeddings `[rows, hidden]`, as a graph reads it. */
export interface EmbeddingTable {
  rows: number;
  hidden: number;
  dtype: "float32" | "float16" | "int8";
  data: Place;
  /** Of int8: float32 `[rows, 1]`, by which rows are multiplied. */
  scales?: Place;
}

/**
 * The table of a graph `embed_tokens` that does nothing but look rows up and widen them, in one of the forms that
 * `internvl-convert` writes: `Gather`, `Cast(Gather)`, or `Mul(Cast(Gather), Gather)` with a scale for each row. Undefined for
 * any other graph, and for one that has its table within itself.
 */
export function findTable({ graph }: ModelProto): EmbeddingTable | undefined {
  const { node = [], initializer = [], output = [] } = graph ?? {};
  const producers = new Map(node.map((each) => [each.output[0]!, each]));
  const tensors = new Map(initializer.map((tensor) => [tensor.name, tensor]));
  const made = (name: string | undefined, op: string): NodeProto | undefined => {
    const found = producers.get(name ?? "");
    return found?.opType === op && found.domain === "" ? found : undefined;
  };
  const gathered = (name: string | undefined, dtype: EmbeddingTable["dtype"]) => {
    const gather = made(name, "Gather");
    if (gather?.input[1] !== "input_ids" || integer(gather, "axis") !== 0n) return undefined;
    return stored(tensors.get(gather.input[0]!), dtype);
  };
  const widened = (name: string | undefined, dtype: EmbeddingTable["dtype"]) => {
    const cast = made(name, "Cast");
    return cast && dtypeFromCode(Number(integer(cast, "to"))) === "float32"
      ? gathered(cast.input[0], dtype)
      : undefined;
  };

  const result = output.length === 1 ? output[0]!.name : undefined;
  if (result !== "inputs_embeds") return undefined;
  const plain = gathered(result, "float32") ?? widened(result, "float16");
  if (plain !== undefined) return plain;
  const [rows, scale] = made(result, "Mul")?.input ?? [];
  const [table, scales] = [widened(rows, "int8"), gathered(scale, "float32")];
  if (table === undefined || scales?.hidden !== 1 || scales.rows !== table.rows) return undefined;
  return { ...table, scales: scales.data };
}

/** A matrix that lies in a file, whole. */
function stored(tensor: TensorProto | undefined, dtype: EmbeddingTable["dtype"]): EmbeddingTable | undefined {
  if (tensor === undefined || dtypeFromCode(tensor.dataType) !== dtype || tensor.dims.length !== 2) return undefined;
  const [rows, hidden] = tensor.dims.map(Number) as [number, number];
  const byteLength = rows * hidden * elementBytes(dtype);
  const place = externalPlace(tensor);
  if (place === undefined || !Number.isSafeInteger(place.offset)) return undefined;
  const { location, offset: start } = place;
  if ((place.byteLength ?? byteLength) !== byteLength) return undefined;
  return { rows, hidden, dtype, data: { location, start, end: start + byteLength } };
}

/** An attribute; ONNX's default of those that are asked for is 0. */
function integer({ attribute }: NodeProto, name: string): bigint {
  return attribute.find((each) => each.name === name)?.i ?? 0n;
}
