import { Tensor } from "@internvl/core";
import { yieldToEventLoop } from "@internvl/generation";

/** Bytes that are copied between two turns of the event loop: a few milliseconds in fresh memory. */
const PIECE = 2 ** 22;

/**
 * Inputs for another thread. A message clones what it carries in one go, 31 MB for 13 tiles, and nothing else gets its
 * turn in that time; many pixels are therefore copied here, piece by piece until `signal` stops it, and the copy is
 * handed over with the message.
 */
export async function ownPixels<T extends { pixel_values?: Tensor }>(
  inputs: T,
  signal: AbortSignal | undefined,
): Promise<{ own: T; transfer: ArrayBuffer[] }> {
  const { pixel_values } = inputs;
  // Whatever their type is, they are numbers.
  const data = pixel_values?.data as Float32Array | undefined;
  if (data === undefined || data.byteLength <= PIECE) return { own: inputs, transfer: [] };
  const copy = new (data.constructor as Float32ArrayConstructor)(data.length);
  const step = PIECE / data.BYTES_PER_ELEMENT;
  for (let at = 0; at < data.length && !signal?.aborted; at += step) {
    copy.set(data.subarray(at, at + step), at);
    await yieldToEventLoop();
  }
  const { type, dims } = pixel_values!;
  return { own: { ...inputs, pixel_values: new Tensor(type, copy, dims) }, transfer: [copy.buffer] };
}
