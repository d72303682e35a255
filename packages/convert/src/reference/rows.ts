/** Rows of numbers in double precision, one a token: what a layer reads and gives. */
export class Rows {
  readonly count: number;
  readonly width: number;
  /** Row after row. */
  readonly data: Float64Array;

  constructor(count: number, width: number, data: Float64Array = new Float64Array(count * width)) {
    this.count = count;
    this.width = width;
    this.data = data;
  }

  static of(data: ArrayLike<number>, width: number): Rows {
    // Not Float64Array.from, which walks through an iterator.
    return new Rows(data.length / width, width, new Float64Array(data));
  }

  /** Row `index`, not a copy. */
  row(index: number): Float64Array {
    return this.data.subarray(index * this.width, (index + 1) * this.width);
  }

  /** Rows `start` to before `end`, not a copy. */
  slice(start: number, end: number = this.count): Rows {
    return new Rows(end - start, this.width, this.data.subarray(start * this.width, end * this.width));
  }

  /** Columns `start` to before `end` of every row. */
  columns(start: number, end: number): Rows {
    const part = new Rows(this.count, end - start);
    for (let row = 0; row < this.count; row++) part.row(row).set(this.row(row).subarray(start, end));
    return part;
  }

  /** Every number for itself; `column` is its place in its row. */
  map(change: (value: number, column: number) => number): Rows {
    return new Rows(
      this.count,
      this.width,
      this.data.map((value, index) => change(value, index % this.width)),
    );
  }

  plus(other: Rows): Rows {
    return new Rows(
      this.count,
      this.width,
      this.data.map((value, index) => value + other.data[index]!),
    );
  }

  times(other: Rows): Rows {
    return new Rows(
      this.count,
      this.width,
      this.data.map((value, index) => value * other.data[index]!),
    );
  }
}
