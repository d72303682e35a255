import type { CacheDtype } from "@internvl/config";
import { Tensor } from "@internvl/core";

/** Numbers of a cache. Those of float16 are bits that nothing here computes with: not every engine has a Float16Array. */
export type CacheArray = Float32Array | Uint16Array;

const BYTES: Readonly<Record<CacheDtype, number>> = { float32: 4, float16: 2 };

/** Bytes of one number. */
export function cacheElementBytes(dtype: CacheDtype): number {
  return BYTES[dtype];
}

/** Zeros. */
export function newCacheArray(dtype: CacheDtype, length: number): CacheArray {
  return dtype === "float16" ? new Uint16Array(length) : new Float32Array(length);
}

/** The numbers in a buffer. */
export function cacheArrayOf(dtype: CacheDtype, buffer: ArrayBuffer): CacheArray {
  return dtype === "float16" ? new Uint16Array(buffer) : new Float32Array(buffer);
}

/** A view of a tensor's numbers: onnxruntime's are a Float16Array where there is one, which would be rounded again. */
export function cacheArrayIn({ data }: Tensor): CacheArray {
  const { buffer, byteOffset, length, BYTES_PER_ELEMENT } = data as CacheArray;
  return BYTES_PER_ELEMENT === BYTES.float16
    ? new Uint16Array(buffer, byteOffset, length)
    : new Float32Array(buffer, byteOffset, length);
}

/** A view of `array`. */
export function cacheTensor(array: CacheArray, dims: readonly number[]): Tensor {
  return array instanceof Uint16Array ? new Tensor("float16", array, dims) : new Tensor("float32", array, dims);
}
