/** A dimension: a length, or the name of one that is known at run time only. */
export type Dim = number | string;

/** Outermost first; `[]` is a scalar. */
export type Shape = readonly Dim[];

/** `[batch, 3, 448, 448]`, as messages show shapes. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** The number of elements; undefined when a dimension is symbolic. */
export function elementCount(shape: Shape): number | undefined {
  let count = 1;
  for (const dim of shape) {
    if (typeof dim === "string") return undefined;
    count *= dim;
  }
  return count;
}

/** The length of two pieces laid end to end: `past + new` where they are symbols. */
export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (a === 0) return b;
  if (b === 0) return a;
  if (typeof b === "number" && b < 0) return `${a} - ${-b}`;
  return `${a} + ${b}`;
}

/** A product of lengths: `coefficient * symbols[0] * symbols[1] …`. */
export interface Product {
  coefficient: number;
  symbols: string[];
}

/** The factors of a shape's element count. `256*tiles` counts as 256 and `tiles`; other expressions stay whole. */
export function factors(shape: Shape): Product {
  const product: Product = { coefficient: 1, symbols: [] };
  for (const dim of shape) {
    const parts = typeof dim === "string" && /^[\w.]+(\*[\w.]+)+$/.test(dim) ? dim.split("*") : [dim];
    for (const part of parts) {
      if (typeof part === "number" || /^\d+$/.test(part)) product.coefficient *= Number(part);
      else product.symbols.push(part);
    }
  }
  return product;
}

/** `numerator / denominator`; undefined when it cannot be a whole number whatever the symbols are. */
export function divideProducts(numerator: Product, denominator: Product): Dim | undefined {
  const symbols = [...numerator.symbols];
  const unmatched: string[] = [];
  for (const symbol of denominator.symbols) {
    const index = symbols.indexOf(symbol);
    if (index < 0) unmatched.push(symbol);
    else symbols.splice(index, 1);
  }
  const divisor = divisorText(denominator.coefficient, unmatched, numerator.coefficient);
  const quotient = divisor === undefined ? numerator.coefficient / denominator.coefficient : numerator.coefficient;
  if (symbols.length === 0) return divisor === undefined ? quotient : undefined;
  const terms = symbols.map((symbol) => (/[ /]/.test(symbol) ? `(${symbol})` : symbol));
  const text = [...(quotient === 1 ? [] : [String(quotient)]), ...terms].join("*");
  return divisor === undefined ? text : `${text}/${divisor}`;
}

function divisorText(coefficient: number, symbols: readonly string[], dividend: number): string | undefined {
  if (symbols.length === 0 && coefficient !== 0 && dividend % coefficient === 0) return undefined;
  const text = [String(coefficient), ...symbols].join("*");
  return symbols.length === 0 ? text : `(${text})`;
}

/** The shape that numpy's broadcasting gives two operands; undefined when they do not fit. A symbol fits itself and 1. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const result: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return undefined;
    result.push(left === 1 ? right : left);
  }
  return result;
}
