import { attr } from "../attributes.js";
import { type DType, dataTypeCode } from "../dtypes.js";
import { GraphCore } from "../graph.js";
import type { NodeRule } from "../rule.js";
import type { Value } from "../value.js";

/** A tensor, or a number that becomes a scalar of the other operand's type. */
export type Operand = Value | number;

const FLOATS: readonly DType[] = ["float32", "float16", "bfloat16"];

/** Ops that work on each element, with numpy's broadcasting where there are several operands. */
export class ElementwiseOps extends GraphCore {
  add(a: Operand, b: Operand): Value {
    return this.#binary("Add", a, b);
  }

  sub(a: Operand, b: Operand): Value {
    return this.#binary("Sub", a, b);
  }

  mul(a: Operand, b: Operand): Value {
    return this.#binary("Mul", a, b);
  }

  div(a: Operand, b: Operand): Value {
    return this.#binary("Div", a, b);
  }

  pow(a: Operand, b: Operand): Value {
    return this.#binary("Pow", a, b);
  }

  equal(a: Operand, b: Operand): Value {
    return this.#binary("Equal", a, b, "bool");
  }

  less(a: Operand, b: Operand): Value {
    return this.#binary("Less", a, b, "bool");
  }

  lessOrEqual(a: Operand, b: Operand): Value {
    return this.#binary("LessOrEqual", a, b, "bool");
  }

  greater(a: Operand, b: Operand): Value {
    return this.#binary("Greater", a, b, "bool");
  }

  greaterOrEqual(a: Operand, b: Operand): Value {
    return this.#binary("GreaterOrEqual", a, b, "bool");
  }

  and(a: Value, b: Value): Value {
    return this.#binary("And", a, b, "bool");
  }

  or(a: Value, b: Value): Value {
    return this.#binary("Or", a, b, "bool");
  }

  not(x: Value): Value {
    return this.#unary("Not", x, ["bool"]);
  }

  neg(x: Value): Value {
    return this.#unary("Neg", x, [...FLOATS, "int64", "int32", "int8"]);
  }

  sqrt(x: Value): Value {
    return this.#unary("Sqrt", x);
  }

  exp(x: Value): Value {
    return this.#unary("Exp", x);
  }

  cos(x: Value): Value {
    return this.#unary("Cos", x);
  }

  sin(x: Value): Value {
    return this.#unary("Sin", x);
  }

  erf(x: Value): Value {
    return this.#unary("Erf", x);
  }

  tanh(x: Value): Value {
    return this.#unary("Tanh", x);
  }

  relu(x: Value): Value {
    return this.#unary("Relu", x);
  }

  sigmoid(x: Value): Value {
    return this.#unary("Sigmoid", x);
  }

  /** `x / 2 * (1 + erf(x / sqrt(2)))`, or the approximation by tanh. Opset 20 and later. */
  gelu(x: Value, options: { approximate?: "none" | "tanh" } = {}): Value {
    return this.node({
      op: "Gelu",
      inputs: [x],
      attributes: { approximate: options.approximate && attr.string(options.approximate) },
      outputs: (rule) => [floatLike(rule, x)],
    })[0];
  }

  /** com.microsoft: `x * sigmoid(alpha * x)` in one pass; SiLU at the default `alpha` 1. */
  quickGelu(x: Value, alpha: number = 1): Value {
    return this.node({
      op: "QuickGelu",
      domain: "com.microsoft",
      inputs: [x],
      attributes: { alpha: attr.float(alpha) },
      outputs: (rule) => [floatLike(rule, x)],
    })[0];
  }

  /** `condition ? a : b` for each element, broadcast. */
  where(condition: Value, a: Operand, b: Operand): Value {
    const [x, y] = this.#operands(a, b);
    return this.node({
      op: "Where",
      inputs: [condition, x, y],
      outputs: (rule) => {
        rule.type("the condition", condition, "bool");
        rule.type("the second choice", y, x.type);
        return [{ type: x.type, shape: rule.broadcast(condition.shape, rule.broadcast(x.shape, y.shape)) }];
      },
    })[0];
  }

  cast(x: Value, type: DType): Value {
    return this.node({
      op: "Cast",
      inputs: [x],
      attributes: { to: attr.int(dataTypeCode(type)) },
      outputs: [{ type, shape: x.shape }],
    })[0];
  }

  #unary(op: string, x: Value, types: readonly DType[] = FLOATS): Value {
    return this.node({
      op,
      inputs: [x],
      outputs: (rule) => {
        rule.type("x", x, ...types);
        return [{ type: x.type, shape: x.shape }];
      },
    })[0];
  }

  #binary(op: string, a: Operand, b: Operand, type?: DType): Value {
    const [x, y] = this.#operands(a, b);
    return this.node({
      op,
      inputs: [x, y],
      outputs: (rule) => {
        rule.type("the second operand", y, x.type);
        return [{ type: type ?? x.type, shape: rule.broadcast(x.shape, y.shape) }];
      },
    })[0];
  }

  #operands(a: Operand, b: Operand): [Value, Value] {
    if (typeof a !== "number") return [a, typeof b === "number" ? this.scalar(a.type, b) : b];
    const y = typeof b === "number" ? this.scalar("float32", b) : b;
    return [this.scalar(y.type, a), y];
  }
}

function floatLike(rule: NodeRule, x: Value): { type: DType; shape: Value["shape"] } {
  rule.type("x", x, ...FLOATS);
  return { type: x.type, shape: x.shape };
}
