/**
 * The parts of a GGUF file, version 3 (ggml's `docs/gguf.md`): little-endian; a header, metadata, the tensors' places, their
 * data. Only what the language models here need of it.
 */

/** A value of the metadata. Whole numbers are uint32, others say that they are float32. */
export type GgufValue = number | string | boolean | { float32: number } | readonly string[] | readonly number[];

export interface GgufTensor {
  name: string;
  /** As PyTorch writes it: the last dimension lies together. The file has it the other way round. */
  shape: readonly number[];
  type: GgmlType;
}

/** Number of the type, and bytes of a block of so many elements. */
const TYPES = {
  F32: { id: 0, elements: 1, bytes: 4 },
  Q4_0: { id: 2, elements: 32, bytes: 18 },
  Q8_0: { id: 8, elements: 32, bytes: 34 },
} as const;
export type GgmlType = keyof typeof TYPES;

const VERSION = 3;
/** Bytes at whose multiples data begins: the format's default. */
const ALIGNMENT = 32;
const UINT32 = 4;
const INT32 = 5;
const FLOAT32 = 6;
const BOOL = 7;
const STRING = 8;
const ARRAY = 9;

/** Everything before the data, padded so that data can follow. */
export function ggufHeader(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Uint8Array {
  const parts: Uint8Array[] = [
    Buffer.from("GGUF"),
    uint32(VERSION),
    uint64(tensors.length),
    uint64(Object.keys(metadata).length),
  ];
  for (const [key, value] of Object.entries(metadata)) parts.push(text(key), typed(value));
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    parts.push(text(name), uint32(shape.length), ...shape.toReversed().map(uint64));
    parts.push(uint32(TYPES[type].id), uint64(offset));
    offset += aligned(tensorBytes({ name, shape, type }));
  }
  const header = Buffer.concat(parts);
  return Buffer.concat([header, padding(header.length)]);
}

/** Bytes of the data, padding not counted. @throws Error for rows that blocks do not fit into */
export function tensorBytes({ name, shape, type }: GgufTensor): number {
  const { elements, bytes } = TYPES[type];
  const width = shape.at(-1)!;
  if (width % elements !== 0) throw new Error(`${name}: rows of ${width} are no whole blocks of ${elements}.`);
  return (shape.reduce((product, size) => product * size, 1) / elements) * bytes;
}

/** The zeros that follow so many bytes. */
export function padding(bytes: number): Uint8Array {
  return new Uint8Array(aligned(bytes) - bytes);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function typed(value: GgufValue): Uint8Array {
  if (typeof value === "string") return Buffer.concat([uint32(STRING), text(value)]);
  if (typeof value === "boolean") return Buffer.concat([uint32(BOOL), Uint8Array.of(Number(value))]);
  if (typeof value === "number") return Buffer.concat([uint32(UINT32), uint32(value)]);
  if ("float32" in value) return Buffer.concat([uint32(FLOAT32), float32(value.float32)]);
  const type = typeof value[0] === "string" ? STRING : INT32;
  const items = value.map((item) => (typeof item === "string" ? text(item) : int32(item)));
  return Buffer.concat([uint32(ARRAY), uint32(type), uint64(value.length), ...items]);
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function int32(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

function float32(value: number): Uint8Array {
  return new Uint8Array(Float32Array.of(value).buffer);
}

function uint64(value: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
}
