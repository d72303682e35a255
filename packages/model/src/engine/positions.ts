import { Tensor } from "@internvl/core";

/** The positions `start` to before `end` of float32 `[batch, length, width]`: of a single row a view, which costs nothing. */
export function viewPositions(tensor: Tensor, start: number, end: number): Tensor {
  const [batch, , width] = tensor.dims as [number, number, number];
  if (batch !== 1) return slicePositions(tensor, start, end);
  const data = (tensor.data as Float32Array).subarray(start * width, end * width);
  return new Tensor("float32", data, [1, end - start, width]);
}

/** A copy of the positions `start` to before `end` of float32 `[batch, length, width]`, or all of them as they are. */
export function slicePositions(tensor: Tensor, start: number, end: number): Tensor {
  const [batch, length, width] = tensor.dims as [number, number, number];
  if (start === 0 && end === length) return tensor;
  const joined = new JoinedPositions(end - start);
  const data = tensor.data as Float32Array;
  joined.addRows(batch, width, end - start, (row) =>
    data.subarray((row * length + start) * width, (row * length + end) * width),
  );
  return joined.tensor;
}

/** float32 `[batch, length, width]` put together from pieces `[batch, some, width]`, each copied once and then free. */
export class JoinedPositions {
  readonly #length: number;
  #whole: Tensor | undefined;
  #done = 0;

  constructor(length: number) {
    this.#length = length;
  }

  /** All positions, once all pieces were added. */
  get tensor(): Tensor {
    return this.#whole!;
  }

  add(piece: Tensor): void {
    const [batch, count, width] = piece.dims as [number, number, number];
    if (count === this.#length) {
      this.#whole = piece;
      return;
    }
    const data = piece.data as Float32Array;
    this.addRows(batch, width, count, (row) => data.subarray(row * count * width, (row + 1) * count * width));
  }

  addRows(batch: number, width: number, count: number, rowOf: (row: number) => Float32Array): void {
    const length = this.#length;
    this.#whole ??= new Tensor("float32", new Float32Array(batch * length * width), [batch, length, width]);
    const target = this.#whole.data as Float32Array;
    for (let row = 0; row < batch; row++) target.set(rowOf(row), (row * length + this.#done) * width);
    this.#done += count;
  }
}

/** The columns of each row from `start` on: `[batch][length]` -> `[batch][length - start]`. */
export function columnsFrom(start: number, rows: readonly (readonly number[])[]): number[][] {
  return rows.map((row) => row.slice(start));
}
