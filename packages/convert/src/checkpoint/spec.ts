/** What a network expects under a name. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** It may be absent. */
  readonly optional?: boolean;
}

/** `{ "norm.weight": [64] }` under `"layers.0"` is `layers.0.norm.weight`. */
export function under(prefix: string, shapes: Readonly<Record<string, readonly number[]>>): TensorSpec[] {
  return Object.entries(shapes).map(([name, shape]) => ({ name: `${prefix}.${name}`, shape }));
}

/** The specs of layers 0 to `count - 1`. */
export function repeated(count: number, layer: (index: number) => TensorSpec[]): TensorSpec[] {
  return Array.from({ length: count }, (_, index) => layer(index)).flat();
}
