/** Sides of the rectangles that are turned at once: their lines of both matrices fit the first-level cache together. */
const TILE_ROWS = 64;
const TILE_COLUMNS = 16;

/** Turns the rectangle of these rows and columns of the source. */
type Turn = (rowStart: number, rowEnd: number, columnStart: number, columnEnd: number) => void;

/** Columns `start` to before `end` of the row-major byte matrix `[rows, columns]`, as rows: `[end - start, rows]`. */
export function transposeBytes(
  source: Uint8Array,
  rows: number,
  columns: number,
  start: number,
  end: number,
): Uint8Array {
  const target = new Uint8Array((end - start) * rows);
  const isAligned = (rows | columns | start | end | source.byteOffset) % 4 === 0;
  const turn = (isAligned ? turnWords : turnBytes)(source, rows, columns, target, start);
  for (let row = 0; row < rows; row += TILE_ROWS) {
    const rowEnd = Math.min(row + TILE_ROWS, rows);
    for (let column = start; column < end; column += TILE_COLUMNS) {
      turn(row, rowEnd, column, Math.min(column + TILE_COLUMNS, end));
    }
  }
  return target;
}

function turnBytes(source: Uint8Array, rows: number, columns: number, target: Uint8Array, start: number): Turn {
  return (rowStart, rowEnd, columnStart, columnEnd) => {
    for (let column = columnStart; column < columnEnd; column++) {
      const out = (column - start) * rows;
      for (let row = rowStart; row < rowEnd; row++) target[out + row] = source[row * columns + column]!;
    }
  };
}

/** Squares of 4 x 4 bytes in registers: twice as fast, where every line begins at a multiple of 4. */
function turnWords(source: Uint8Array, rows: number, columns: number, target: Uint8Array, start: number): Turn {
  const from = new Uint32Array(source.buffer, source.byteOffset, source.byteLength / 4);
  const to = new Uint32Array(target.buffer);
  const fromStride = columns / 4;
  const toStride = rows / 4;
  return (rowStart, rowEnd, columnStart, columnEnd) => {
    for (let row = rowStart; row < rowEnd; row += 4) {
      for (let column = columnStart; column < columnEnd; column += 4) {
        const at = row * fromStride + column / 4;
        const a = from[at]!;
        const b = from[at + fromStride]!;
        const c = from[at + 2 * fromStride]!;
        const d = from[at + 3 * fromStride]!;
        const out = (column - start) * toStride + row / 4;
        to[out] = (a & 0xff) | ((b & 0xff) << 8) | ((c & 0xff) << 16) | (d << 24);
        to[out + toStride] = ((a >>> 8) & 0xff) | (b & 0xff00) | ((c & 0xff00) << 8) | ((d & 0xff00) << 16);
        to[out + 2 * toStride] = ((a >>> 16) & 0xff) | ((b >>> 8) & 0xff00) | (c & 0xff0000) | ((d & 0xff0000) << 8);
        to[out + 3 * toStride] = (a >>> 24) | ((b >>> 16) & 0xff00) | ((c >>> 8) & 0xff0000) | (d & 0xff000000);
      }
    }
  };
}
