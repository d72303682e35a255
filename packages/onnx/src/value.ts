import type { Shape } from "./dims.js";
import type { DType } from "./dtypes.js";

/** The tensor that a value stands for. Several values may share one: `refine` gives a second view of its shape. */
export interface Origin {
  name: string;
  readonly kind: "input" | "initializer" | "node";
}

/** A tensor of the graph under construction, with the type and shape that the builder worked out. */
export class Value {
  /** The builder that made it. Only that builder takes it. */
  readonly graph: object;
  readonly origin: Origin;
  readonly type: DType;
  readonly shape: Shape;

  constructor(graph: object, origin: Origin, type: DType, shape: Shape) {
    this.graph = graph;
    this.origin = origin;
    this.type = type;
    this.shape = shape;
  }

  /** The tensor's name in the model; `GraphBuilder.output` changes it. */
  get name(): string {
    return this.origin.name;
  }
}
