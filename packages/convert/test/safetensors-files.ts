import { InternVLError } from "@internvl/core";

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return concat(all);
}

/** A safetensors file from the text of its header, as it stands, and its data. */
export function rawFile(header: string | Uint8Array, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const encoded = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, encoded.byteLength, true);
  return concat([length, encoded, data]);
}

export interface PlainTensor {
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}

/** A safetensors file with these tensors, in this order. */
export function plainFile(tensors: Readonly<Record<string, PlainTensor>>): Uint8Array {
  let at = 0;
  const header = Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => {
    const data_offsets = [at, at + bytes.byteLength];
    at += bytes.byteLength;
    return [name, { dtype, shape, data_offsets }];
  });
  const data = concat(Object.values(tensors).map((tensor) => tensor.bytes));
  return rawFile(JSON.stringify(Object.fromEntries(header)), data);
}

/** A tensor of zeros. */
export function zeros(dtype: "F32" | "F16" | "BF16" | "F8_E4M3" | "I64", shape: number[]): PlainTensor {
  const size = { F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, I64: 8 }[dtype];
  return { dtype, shape, bytes: new Uint8Array(shape.reduce((product, n) => product * n, 1) * size) };
}

/** The error that `promise` rejects with, as its code and message. */
export async function failure(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (!InternVLError.isInstance(error)) throw new Error(`expected an InternVLError, got ${String(error)}`);
  return { code: error.code, message: error.message };
}
