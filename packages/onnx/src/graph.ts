import { type ErrorParts, InternVLError } from "@internvl/core";
import type { Attribute } from "./attributes.js";
import { formatShape, type Shape } from "./dims.js";
import { type DType, encodeElements } from "./dtypes.js";
import { checkInitializer, type InitializerData } from "./initializers.js";
import { assertAllUsed } from "./liveness.js";
import { type BuiltGraph, toProto } from "./proto.js";
import { describe, NodeRule } from "./rule.js";
import { Value } from "./value.js";

export interface GraphOptions {
  /** The graph's name. Profilers and `inspect` show it. */
  name: string;
  /** Version of the default operator set, 20 or later. Default 21. */
  opset?: number;
  /** Kept in the file as `metadata_props`. */
  metadata?: Readonly<Record<string, string>>;
}

/** Type and shape of one output of a node. */
export interface OutputSpec {
  type: DType;
  shape: Shape;
}

/** An output that the op has and nobody wants: it gets the empty name, and onnxruntime does not compute it. */
export type OptionalOutput = OutputSpec | undefined;

/** One node. `domain` is `""` for ONNX's own ops. */
export interface NodeSpec<Outputs extends readonly OptionalOutput[]> {
  op: string;
  domain?: string;
  /** `undefined` stands for an optional input that is absent. */
  inputs: readonly (Value | undefined)[];
  /** Made with `attr`; `undefined` leaves the attribute at its default. */
  attributes?: Readonly<Record<string, Attribute | undefined>>;
  /** The outputs, or the rule that checks the inputs and works the outputs out. */
  outputs: Outputs | ((rule: NodeRule) => Outputs);
}

export type NodeOutputs<Outputs extends readonly OptionalOutput[]> = {
  [K in keyof Outputs]: Outputs[K] extends OutputSpec ? Value : Value | undefined;
};

/** A node as it will be written. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
  readonly attributes: Readonly<Record<string, Attribute | undefined>>;
}

export interface GraphInitializer {
  readonly value: Value;
  readonly data: InitializerData;
}

/** Gelu came with opset 20; all other ops are as they were then. */
const OLDEST_OPSET = 20;

/** The versions of other operator sets, by domain. */
const DOMAIN_VERSIONS: Readonly<Record<string, number>> = { "com.microsoft": 1 };

/**
 * Inputs, initializers, nodes and outputs of a graph: what every op is built on. `GraphBuilder` adds the ops.
 *
 * Every method that meets something impossible throws an `InternVLError` with the code `GRAPH_INVALID`.
 */
export class GraphCore {
  readonly name: string;
  readonly opset: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly inputs: Value[] = [];
  readonly outputs: Value[] = [];
  readonly initializers: GraphInitializer[] = [];
  readonly nodes: GraphNode[] = [];
  readonly domains: Map<string, number> = new Map();
  readonly #names = new Set<string>();
  readonly #nodeNames = new Map<string, number>();
  readonly #constants = new Map<string, Value>();
  #prefix = "";

  constructor({ name, opset = 21, metadata = {} }: GraphOptions) {
    if (opset < OLDEST_OPSET) {
      throw this.#error({
        what: `Graph "${name}" is of an opset that the ops are not written for`,
        expected: `${OLDEST_OPSET} or later`,
        got: `${opset}`,
      });
    }
    this.name = name;
    this.opset = opset;
    this.metadata = metadata;
    this.domains.set("", this.opset);
  }

  /** A graph input. Symbolic dimensions are strings: `["tiles", 3, 448, 448]`. */
  input(name: string, type: DType, shape: Shape): Value {
    const bad = shape.find((dim) => (typeof dim === "string" ? dim === "" : !Number.isInteger(dim) || dim < 0));
    if (bad !== undefined) {
      throw this.#error({
        what: `Input "${name}": a dimension is impossible`,
        expected: "names, or whole numbers from 0",
        got: formatShape(shape),
      });
    }
    const value = new Value(this, { name: this.#claim(name), kind: "input" }, type, [...shape]);
    this.inputs.push(value);
    return value;
  }

  /**
   * A weight. `data` is checked against type and shape.
   *
   * Typed arrays are written into the model itself; an `ExternalTensor` (`external(array)` makes one of an array)
   * goes to the external data file, and an `ExternalLocation` stays where it is.
   */
  initializer(name: string, type: DType, shape: readonly number[], data: InitializerData): Value {
    checkInitializer(name, type, shape, data);
    const value = new Value(this, { name: this.#claim(name), kind: "initializer" }, type, [...shape]);
    this.initializers.push({ value, data });
    return value;
  }

  /** A small tensor written into the model. Equal constants share one tensor. The shape's default is one dimension. */
  constant(type: DType, values: readonly (number | bigint)[], shape: readonly number[] = [values.length]): Value {
    const bytes = encodeElements(type, values);
    const key = `${type} ${shape.join("x")} ${bytes.join(" ")}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const label =
      values.length <= 8 ? `${type}${shape.length === 0 ? "" : formatShape(shape)}(${values.join(", ")})` : type;
    const name = this.#freeName(`constant ${label}`);
    const value = this.initializer(name, type, shape, bytes);
    this.#constants.set(key, value);
    return value;
  }

  /** A constant without dimensions. */
  scalar(type: DType, value: number | bigint): Value {
    return this.constant(type, [value], []);
  }

  /** A one-dimensional int64 constant: axes, shapes, starts and ends. */
  ints(values: readonly (number | bigint)[]): Value {
    return this.constant("int64", values);
  }

  /** Names the nodes made in `body` under `name`: `scope("layers.0", …)` gives `layers.0/MatMul`. Scopes nest. */
  scope<T>(name: string, body: () => T): T {
    const outer = this.#prefix;
    this.#prefix = `${outer}${name}/`;
    try {
      return body();
    } finally {
      this.#prefix = outer;
    }
  }

  /** Adds a node: what every op method calls, and the way out for ops that have none. */
  node<const Outputs extends readonly OptionalOutput[]>(spec: NodeSpec<Outputs>): NodeOutputs<Outputs> {
    const { op, domain = "", attributes = {} } = spec;
    const rule = this.nextRule(op);
    this.#nodeNames.set(this.#prefix + op, (this.#nodeNames.get(this.#prefix + op) ?? 0) + 1);
    for (const input of spec.inputs) if (input !== undefined) this.#assertOwn(input, rule);
    const specs = typeof spec.outputs === "function" ? spec.outputs(rule) : spec.outputs;
    const outputs = specs.map((output, index) => {
      if (output === undefined) return undefined;
      const name = this.#claim(this.#freeName(specs.length === 1 ? rule.node : `${rule.node}:${index}`));
      return new Value(this, { name, kind: "node" }, output.type, output.shape);
    });
    this.#importDomain(domain, rule);
    this.nodes.push({ name: rule.node, op, domain, inputs: withoutTrailing(spec.inputs), outputs, attributes });
    return outputs as NodeOutputs<Outputs>;
  }

  /** The rule of the next `op` node, for ops that must check their inputs before they know them all. */
  nextRule(op: string): NodeRule {
    const name = this.#prefix + op;
    const earlier = this.#nodeNames.get(name) ?? 0;
    return new NodeRule(earlier === 0 ? name : `${name}_${earlier}`, op);
  }

  /** Imports an operator set that is not ONNX's own. `com.microsoft` needs no call. */
  importDomain(domain: string, version: number): void {
    this.domains.set(domain, version);
  }

  /**
   * States a shape that the builder could not work out: the same tensor, seen with other dimensions. Lengths that are
   * known may not change; symbols may.
   */
  refine(x: Value, shape: Shape): Value {
    const fits =
      shape.length === x.shape.length &&
      shape.every((dim, axis) => typeof x.shape[axis] === "string" || dim === x.shape[axis]);
    if (!fits) {
      throw this.#error({
        what: `The shape of "${x.name}" cannot be refined`,
        expected: `a shape that keeps the lengths of ${formatShape(x.shape)}`,
        got: formatShape(shape),
      });
    }
    return new Value(this, x.origin, x.type, [...shape]);
  }

  /** Makes `value` a graph output with this name. */
  output(name: string, value: Value): void {
    if (value.graph !== this) throw this.#error({ what: `Output "${name}" belongs to another graph` });
    const renames = value.origin.kind === "node" && !this.outputs.some((output) => output.origin === value.origin);
    const result = renames
      ? value
      : this.node({ op: "Identity", inputs: [value], outputs: [{ type: value.type, shape: value.shape }] })[0];
    this.#names.delete(result.name);
    result.origin.name = this.#claim(name);
    this.outputs.push(result);
  }

  /**
   * The finished graph. Every input, initializer and node must contribute to an output: what does not is a mistake of
   * the code that built the graph.
   */
  build(): BuiltGraph {
    if (this.outputs.length === 0) throw this.#error({ what: `Graph "${this.name}" has no outputs` });
    assertAllUsed(this);
    return toProto(this);
  }

  #error(parts: ErrorParts): InternVLError {
    return new InternVLError("GRAPH_INVALID", parts);
  }

  #claim(name: string): string {
    if (name === "") throw this.#error({ what: "A tensor has an empty name" });
    if (this.#names.has(name)) {
      throw this.#error({ what: `There are two tensors named "${name}"`, fix: "Give each its own name." });
    }
    this.#names.add(name);
    return name;
  }

  /** `wanted`, with a number behind it when it is taken. */
  #freeName(wanted: string): string {
    let name = wanted;
    for (let number = 1; this.#names.has(name); number++) name = `${wanted}_${number}`;
    return name;
  }

  #assertOwn(input: Value, rule: NodeRule): void {
    if (input.graph === this) return;
    throw rule.error({ what: `an input belongs to another graph`, got: describe(input) });
  }

  #importDomain(domain: string, rule: NodeRule): void {
    if (this.domains.has(domain)) return;
    const version = DOMAIN_VERSIONS[domain];
    if (version === undefined) {
      throw rule.error({ what: `the version of domain "${domain}" is not known`, fix: "Call importDomain first." });
    }
    this.domains.set(domain, version);
  }
}

function withoutTrailing(inputs: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
  return inputs.slice(0, inputs.findLastIndex((input) => input !== undefined) + 1);
}
