import { QuantizedOps } from "./ops/quantized.js";

/**
 * Builds an ONNX graph, working out and checking types and shapes on the way.
 *
 * The ops stand in `ops/*.ts`, one family a file, each a layer over the one below and all of them over `GraphCore`.
 * A program adds its own in the same way:
 *
 * ```ts
 * class MyBuilder extends GraphBuilder {
 *   softplus(x: Value): Value {
 *     return this.node({ op: "Softplus", inputs: [x], outputs: [{ type: x.type, shape: x.shape }] })[0];
 *   }
 * }
 * ```
 */
export class GraphBuilder extends QuantizedOps {}
