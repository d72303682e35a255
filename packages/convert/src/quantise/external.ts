import type { ExternalReadOptions, ExternalTensor } from "@internvl/onnx";
import { READ_AHEAD_BYTES } from "../checkpoint/stream.js";
import type { WeightSource } from "../checkpoint/tensor.js";
import { DTYPE_BYTES, elementCount } from "../safetensors/dtype.js";

/** A quantised tensor and the scales that belong to it. */
export interface QuantisedTensor {
  readonly data: ExternalTensor;
  readonly scales: ExternalTensor;
}

/** The bytes of a tensor as its file has them. */
export function rawBytes(source: WeightSource): ExternalTensor {
  return {
    byteLength: elementCount(source.shape) * DTYPE_BYTES[source.dtype],
    waitingBytes: waitingBytes(source),
    bytes: (options) => source.stream(options),
  };
}

/** For `ExternalTensor`: what waits of `source` when it begins early; undefined if it is computed. */
export function waitingBytes({ isStored, shape, dtype }: WeightSource): number | undefined {
  return isStored ? Math.min(elementCount(shape) * DTYPE_BYTES[dtype], READ_AHEAD_BYTES) : undefined;
}

/** One reading of a source: gives the data piece by piece, and at the end the scales. */
export type QuantisingPass = (options: ExternalReadOptions) => AsyncGenerator<Uint8Array, Float32Array, undefined>;

/**
 * Data and scales come out of one pass, but are written as two tensors. When the data are written first, the scales
 * wait in memory until they are asked for, and are then let go; when they are not there, the source is read again.
 */
export function dataAndScales(byteLength: number, scaleCount: number, pass: QuantisingPass): QuantisedTensor {
  let waiting: Float32Array | undefined;
  return {
    data: {
      byteLength,
      async *bytes(options = {}) {
        waiting = yield* pass(options);
      },
    },
    scales: {
      byteLength: scaleCount * Float32Array.BYTES_PER_ELEMENT,
      async *bytes(options = {}) {
        const scales = waiting ?? (await lastOf(pass(options)));
        waiting = undefined;
        yield new Uint8Array(scales.buffer, scales.byteOffset, scales.byteLength);
      },
    },
  };
}

async function lastOf<T>(generator: AsyncGenerator<unknown, T, undefined>): Promise<T> {
  for (;;) {
    const step = await generator.next();
    if (step.done === true) return step.value;
  }
}
