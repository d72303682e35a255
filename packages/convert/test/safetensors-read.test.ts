import { readFileSync } from "node:fs";
import { MemoryFolder } from "@internvl/core";
import { describe, expect, test } from "vitest";
import { readSafetensorsHeader } from "../src/safetensors/index.js";
import { failure, rawFile } from "./safetensors-files.js";

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));
const FLOAT = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';

function read(file: Uint8Array) {
  return readSafetensorsHeader(new MemoryFolder({ "x.safetensors": file }), "x.safetensors");
}

describe("a header", () => {
  test("of the reference library", async () => {
    const file = fixture("reference.safetensors");
    const { tensors, metadata } = await read(file);
    expect(metadata).toEqual({ format: "pt" });
    expect(tensors.size).toBe(18);
    const scalar = tensors.get("scalar")!;
    expect(scalar).toMatchObject({ dtype: "F32", shape: [], byteLength: 4 });
    expect(new DataView(file.buffer).getFloat32(scalar.offset, true)).toBe(3.25);
    expect(tensors.get("ids")).toMatchObject({ dtype: "I64", shape: [5], byteLength: 40 });
    expect(tensors.get("empty")).toMatchObject({ shape: [0, 4], byteLength: 0 });
    expect(tensors.get('é "quoted"\\\n')).toMatchObject({ shape: [1] });
  });

  test("whose tensors are not listed in the order of their data", async () => {
    const b = '"b":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}';
    const { tensors } = await read(rawFile(`{${b},"a":${FLOAT}}`, new Uint8Array(9)));
    expect([...tensors.keys()]).toEqual(["a", "b"]);
  });

  test("with a tensor called __proto__", async () => {
    const { tensors } = await read(rawFile(`{"__proto__":${FLOAT}}`, new Uint8Array(8)));
    expect([...tensors.keys()]).toEqual(["__proto__"]);
  });

  test("without tensors", async () => {
    expect((await read(rawFile("{}"))).tensors.size).toBe(0);
  });
});

describe("a file that is refused", () => {
  const good = rawFile(`{"a":${FLOAT}}`, new Uint8Array(8));
  const entry = (json: string) => rawFile(`{"a":${json}}`, new Uint8Array(8));
  const pair = (offsets: string) => rawFile(`{"a":${FLOAT},"b":{"dtype":"F32","shape":[2],"data_offsets":${offsets}}}`);
  const withLength = (length: bigint) => {
    const file = good.slice();
    new DataView(file.buffer).setBigUint64(0, length, true);
    return file;
  };

  const cases: Record<string, [file: Uint8Array, message: RegExp]> = {
    "too short": [good.subarray(0, 5), /too short.*at least 8 bytes, got 5/],
    "a Git LFS pointer": [new TextEncoder().encode("version https://git-lfs…"), /Git LFS pointer.*git lfs pull/],
    "header over the limit": [withLength(100_000_001n), /at most 100000000 bytes, got 100000001/],
    "header of 2^63 bytes": [withLength(2n ** 63n), /at most 100000000 bytes, got 9223372036854775808/],
    "header past the file": [withLength(63n), /points past the end.*at most 62 bytes, got 63/],
    "header not UTF-8": [rawFile(Uint8Array.of(0x7b, 0xff, 0x7d)), /UTF-8/],
    "header not JSON": [rawFile('{"a":'), /not JSON/],
    "header an array": [rawFile("[]"), /JSON object.*got \[\]/],
    "name twice": [rawFile(`{"a":${FLOAT},"\\u0061" :${FLOAT}}`, new Uint8Array(8)), /names "a" twice/],
    "metadata of numbers": [rawFile('{"__metadata__":{"a":1}}'), /object of strings.*\{"a":1\}/],
    "entry a number": [entry("3"), /Tensor a .*got 3/],
    "unknown dtype": [entry('{"dtype":"F4","shape":[2],"data_offsets":[0,8]}'), /dtype.*BF16.*got "F4"/],
    "negative size": [entry('{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}'), /shape.*got \[-2\]/],
    "half a size": [entry('{"dtype":"F32","shape":[0.5],"data_offsets":[0,8]}'), /shape.*got \[0.5\]/],
    "no shape": [entry('{"dtype":"F32","data_offsets":[0,8]}'), /shape.*got nothing/],
    "size beyond 2^53": [entry('{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,8]}'), /shape/],
    "sizes that multiply beyond 2^53": [
      entry('{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}'),
      /does not fit its shape.*got 8/,
    ],
    "offsets reversed": [entry('{"dtype":"F32","shape":[2],"data_offsets":[8,0]}'), /data_offsets.*got \[8,0\]/],
    "one offset": [entry('{"dtype":"F32","shape":[2],"data_offsets":[0]}'), /data_offsets.*got \[0\]/],
    "bytes for another shape": [
      entry('{"dtype":"F32","shape":[3],"data_offsets":[0,8]}'),
      /Tensor a .*12 bytes for F32 \[3\], got 8/,
    ],
    overlap: [pair("[4,12]"), /Tensor b .*overlaps.*begin at byte 8, got 4/],
    hole: [pair("[12,20]"), /Tensor b .*hole.*begin at byte 8, got 12/],
    "cut off": [good.subarray(0, good.length - 3), /cut off: 3 bytes are missing.*Download/],
    "too long": [rawFile(`{"a":${FLOAT}}`, new Uint8Array(9)), /goes on for 1 byte after/],
  };
  test.each(Object.entries(cases))("%s", async (_, [file, message]) => {
    const error = await failure(read(file));
    expect(error.code).toBe("FILE_INVALID");
    expect(error.message).toMatch(message);
    expect(error.message).toContain("x.safetensors in memory");
  });

  test("an aborted reading", async () => {
    const files = new MemoryFolder({ "x.safetensors": good });
    const reading = readSafetensorsHeader(files, "x.safetensors", { signal: AbortSignal.abort() });
    expect((await failure(reading)).code).toBe("ABORTED");
  });
});
