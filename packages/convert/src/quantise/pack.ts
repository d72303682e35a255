// The loops that turn numbers into codes: `number * inverse`, moved up to be positive, so that `| 0` after adding a half
// rounds to nearest. The lower end needs no care, because scales are chosen so that no number lies below it. Several
// numbers a turn keep the processor's conversions independent of each other: half as long again faster in V8.

/** 8 bits around 128, moved down by `shift` (128 for int8): numbers `start` to before `end` to `target` from `at` on. */
export function packBytes(
  values: Float32Array,
  start: number,
  end: number,
  inverse: number,
  target: Uint8Array | Int8Array,
  at: number,
  shift = 0,
): void {
  let out = at;
  let i = start;
  for (; i + 3 < end; i += 4) {
    const a = (values[i]! * inverse + 128.5) | 0;
    const b = (values[i + 1]! * inverse + 128.5) | 0;
    const c = (values[i + 2]! * inverse + 128.5) | 0;
    const d = (values[i + 3]! * inverse + 128.5) | 0;
    target[out] = Math.min(a, 255) - shift;
    target[out + 1] = Math.min(b, 255) - shift;
    target[out + 2] = Math.min(c, 255) - shift;
    target[out + 3] = Math.min(d, 255) - shift;
    out += 4;
  }
  for (; i < end; i++) target[out++] = Math.min((values[i]! * inverse + 128.5) | 0, 255) - shift;
}

/** 4 bits around 8, two in a byte, the first in its lower half; a number without a second is filled up with 8. */
export function packNibbles(
  values: Float32Array,
  start: number,
  end: number,
  inverse: number,
  target: Uint8Array,
  at: number,
): void {
  let out = at;
  let i = start;
  for (; i + 1 < end; i += 2) {
    const low = (values[i]! * inverse + 8.5) | 0;
    const high = (values[i + 1]! * inverse + 8.5) | 0;
    target[out++] = Math.min(low, 15) | (Math.min(high, 15) << 4);
  }
  if (i < end) target[out] = Math.min((values[i]! * inverse + 8.5) | 0, 15) | 0x80;
}
