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

/** The length of two pieces laid end to end: `past + new` where they are symbols, `2*new` where they are the same. */
export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (a === 0) return b;
  if (b === 0) return a;
  const [left, right] = [factors([a]), factors([b])];
  if (left.symbols.join() === right.symbols.join()) {
    return productDim({ ...left, coefficient: left.coefficient + right.coefficient });
  }
  return typeof b === "number" && b < 0 ? `${a} - ${-b}` : `${a} + ${b}`;
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
    const parts = typeof dim === "string" && /^\w+(\*\w+)+$/.test(dim) ? dim.split("*") : [dim];
    for (const part of parts) {
      if (typeof part === "number" || /^\d+$/.test(part)) product.coefficient *= Number(part);
      else product.symbols.push(part);
    }
  }
  return product;
}

/** `numerator / denominator`; undefined when it cannot be a whole number whatever the symbols are. */
export function divideProducts(numerator: Product, denominator: Product): Dim | undefined {
  const above = [...numerator.symbols];
  const below = denominator.symbols.filter((symbol) => {
    const index = above.indexOf(symbol);
    if (index >= 0) above.splice(index, 1);
    return index < 0;
  });
  const coefficient = numerator.coefficient / denominator.coefficient;
  if (below.length === 0 && Number.isInteger(coefficient)) return productDim({ coefficient, symbols: above });
  if (above.length === 0) return undefined;
  const divisor = productDim({ coefficient: denominator.coefficient, symbols: below });
  return `${productDim({ coefficient: numerator.coefficient, symbols: above })}/${below.length === 0 ? divisor : `(${divisor})`}`;
}

function productDim({ coefficient, symbols }: Product): Dim {
  if (symbols.length === 0) return coefficient;
  const terms = symbols.map((symbol) => (/[ /]/.test(symbol) ? `(${symbol})` : symbol));
  return (coefficient === 1 ? terms : [coefficient, ...terms]).join("*");
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
