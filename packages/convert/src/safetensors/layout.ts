import { InternVLError, type JsonObject, type JsonValue } from "@internvl/core";
import { DTYPE_BYTES, elementCount, isSafetensorsDtype, type SafetensorsDtype } from "./dtype.js";

/** Where one tensor lies in a file. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Bytes from the beginning of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface LayoutContext {
  /** How messages name the file. */
  readonly where: string;
  /** Where the tensors' data begin: bytes from the beginning of the file. */
  readonly dataStart: number;
  readonly fileBytes: number;
}

const DOWNLOAD_AGAIN = "Download the file again.";

/**
 * Turns the entries of a header into checked entries, in the order in which they lie in the file. Together they must
 * fill the file exactly, each beginning where the one before it ends.
 */
export function layOut(tensors: JsonObject, context: LayoutContext): Map<string, SafetensorsEntry> {
  const entries = Object.entries(tensors).map(([name, info]) => readEntry(name, info, context));
  entries.sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  let position = context.dataStart;
  for (const entry of entries) {
    if (entry.offset !== position) {
      throw invalidTensor(entry.name, context, {
        problem: entry.offset < position ? "overlaps the tensor before it" : "leaves a hole before it",
        expected: `data that begin at byte ${position - context.dataStart}`,
        got: `${entry.offset - context.dataStart}`,
      });
    }
    position += entry.byteLength;
  }
  checkFileEnd(position, context);
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function checkFileEnd(end: number, { where, fileBytes }: LayoutContext): void {
  if (end === fileBytes) return;
  const difference = Math.abs(fileBytes - end);
  const unit = difference === 1 ? "byte" : "bytes";
  throw new InternVLError("FILE_INVALID", {
    what:
      fileBytes < end
        ? `${where} was cut off: ${difference} ${unit} are missing at its end`
        : `${where} goes on for ${difference} ${unit} after its last tensor`,
    expected: `${end} bytes`,
    got: `${fileBytes}`,
    fix: DOWNLOAD_AGAIN,
  });
}

function readEntry(name: string, info: JsonValue, context: LayoutContext): SafetensorsEntry {
  if (typeof info !== "object" || info === null || Array.isArray(info)) {
    throw invalidTensor(name, context, {
      problem: "is not described",
      expected: "an object with dtype, shape and data_offsets",
      got: shown(info),
    });
  }
  const { dtype, shape, data_offsets: offsets } = info;
  if (!isSafetensorsDtype(dtype)) {
    throw invalidTensor(name, context, {
      problem: "has a dtype that is not known here",
      expected: `one of ${Object.keys(DTYPE_BYTES).join(", ")}`,
      got: shown(dtype),
      fix: "Save the checkpoint again in bfloat16, float16 or float32.",
    });
  }
  if (!isSizes(shape)) {
    throw invalidTensor(name, context, {
      problem: "has a shape that cannot be",
      expected: "integers from 0 up",
      got: shown(shape),
    });
  }
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[1]! < offsets[0]!) {
    throw invalidTensor(name, context, {
      problem: "has data_offsets that cannot be",
      expected: "[begin, end] with begin <= end",
      got: shown(offsets),
    });
  }
  const [begin, end] = offsets as [number, number];
  const byteLength = elementCount(shape) * DTYPE_BYTES[dtype];
  if (end - begin !== byteLength) {
    throw invalidTensor(name, context, {
      problem: "does not fit its shape",
      expected: `${byteLength} bytes for ${dtype} [${shape.join(", ")}]`,
      got: `${end - begin}`,
    });
  }
  return { name, dtype, shape, offset: context.dataStart + begin, byteLength };
}

function isSizes(value: JsonValue | undefined): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

function shown(value: JsonValue | undefined): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 80);
}

function invalidTensor(
  name: string,
  { where }: LayoutContext,
  { problem, fix = DOWNLOAD_AGAIN, ...parts }: { problem: string; expected: string; got: string; fix?: string },
): InternVLError {
  return new InternVLError("FILE_INVALID", { what: `Tensor ${name} of ${where} ${problem}`, ...parts, fix });
}
