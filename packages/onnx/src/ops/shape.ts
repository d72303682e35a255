import { attr } from "../attributes.js";
import { addDims, broadcastShapes, type Dim, formatShape, type Shape } from "../dims.js";
import type { Value } from "../value.js";
import { MatMulOps } from "./matmul.js";
import { planReshape } from "./reshape.js";
import { type SliceRange, slicedDim } from "./slice.js";

/** The largest int64: an end that no dimension reaches. */
const TO_THE_END = 0x7fffffffffffffffn;

/** Ops that move, cut, join and index. Axes may count from the back. */
export class ShapeOps extends MatMulOps {
  /**
   * The same elements in another shape. Write the shape as it will be, symbols included:
   * `reshape(x, ["batch", "tokens", heads, 64])`. A symbol at the same place as in `x` is copied; one other symbol or
   * -1 is worked out. For more, compute the shape: `reshape(x, dims, shapeOf([...]))`.
   */
  reshape(x: Value, dims: Shape, shape?: Value): Value {
    if (shape !== undefined) return this.#shaped("Reshape", x, dims, shape);
    const plan = planReshape(this.nextRule("Reshape"), x, dims);
    return this.#shaped("Reshape", x, plan.shape, this.ints(plan.wire));
  }

  /** Repeats dimensions of length 1. Symbols of `x` stay; others need the computed `shape`. */
  expand(x: Value, dims: Shape, shape?: Value): Value {
    const rule = this.nextRule("Expand");
    const kept = (axis: number) => x.shape[axis - dims.length + x.shape.length];
    if (formatShape(broadcastShapes(x.shape, dims) ?? []) !== formatShape(dims)) {
      throw rule.error({
        what: `"${x.name}" does not expand so`,
        expected: `a shape that ${formatShape(x.shape)} broadcasts to`,
        got: formatShape(dims),
      });
    }
    if (shape !== undefined) return this.#shaped("Expand", x, dims, shape);
    const lengths = dims.map((dim, axis) => {
      if (typeof dim === "number") return dim;
      // A 1 asks ONNX's Expand to leave the dimension as it is.
      if (dim === kept(axis)) return 1;
      throw rule.error({
        what: `the length of "${dim}" is not known`,
        fix: "Pass the shape as a tensor: expand(x, dims, shapeOf([...])).",
      });
    });
    return this.#shaped("Expand", x, dims, this.ints(lengths));
  }

  /** Reorders the dimensions: dimension `i` of the result is dimension `permutation[i]` of `x`. */
  transpose(x: Value, permutation: readonly number[]): Value {
    return this.node({
      op: "Transpose",
      inputs: [x],
      attributes: { perm: attr.ints(permutation) },
      outputs: (rule) => {
        if ([...permutation].sort((a, b) => a - b).join() !== x.shape.map((_, axis) => axis).join()) {
          throw rule.error({
            what: "this is no order of the dimensions",
            expected: `each of 0 to ${x.shape.length - 1} once`,
            got: permutation.join(", "),
          });
        }
        return [{ type: x.type, shape: permutation.map((axis) => x.shape[axis] ?? 1) }];
      },
    })[0];
  }

  /** Lays tensors end to end along `axis`; symbolic lengths add up to `past + new`. */
  concat(parts: readonly Value[], axis: number): Value {
    return this.node({
      op: "Concat",
      inputs: parts,
      attributes: { axis: attr.int(axis) },
      outputs: (rule) => {
        const [first, ...others] = parts;
        if (first === undefined) throw rule.error({ what: "there is nothing to join" });
        const along = rule.axis(axis, first.shape.length);
        let length = first.shape[along] ?? 0;
        for (const part of others) {
          rule.type("a part", part, first.type);
          const partLength = part.shape[along] ?? 0;
          rule.shape("a part", part, first.shape.with(along, partLength));
          length = addDims(length, partLength);
        }
        return [{ type: first.type, shape: first.shape.with(along, length) }];
      },
    })[0];
  }

  /** Cuts `x` along `axis` into pieces of the given lengths. */
  split(x: Value, axis: number, lengths: readonly number[]): Value[] {
    return this.node({
      op: "Split",
      inputs: [x, this.ints(lengths)],
      attributes: { axis: attr.int(axis) },
      outputs: (rule) => {
        const along = rule.axis(axis, x.shape.length);
        rule.same(
          `axis ${axis} and the sum of the pieces`,
          x.shape[along] ?? 0,
          lengths.reduce((sum, length) => sum + length, 0),
        );
        return lengths.map((length) => ({ type: x.type, shape: x.shape.with(along, length) }));
      },
    }) as Value[];
  }

  /** Cuts a piece out of one or several axes: `slice(x, { axis: 1, start: 1 })` drops the first token. */
  slice(x: Value, ...ranges: readonly SliceRange[]): Value {
    return this.node({
      op: "Slice",
      inputs: [
        x,
        this.shapeOf(ranges.map(({ start }) => start ?? 0)),
        this.shapeOf(ranges.map(({ end }) => end ?? TO_THE_END)),
        this.ints(ranges.map(({ axis }) => axis)),
        this.ints(ranges.map(({ step }) => step ?? 1)),
      ],
      outputs: (rule) => {
        const shape = [...x.shape];
        for (const range of ranges) {
          const axis = rule.axis(range.axis, shape.length);
          shape[axis] = slicedDim(rule, shape[axis] ?? 0, range);
        }
        return [{ type: x.type, shape }];
      },
    })[0];
  }

  /** Picks slices of `data` along `axis` by number; the shape of `indices` takes the axis' place. */
  gather(data: Value, indices: Value, axis: number = 0): Value {
    return this.node({
      op: "Gather",
      inputs: [data, indices],
      attributes: { axis: attr.int(axis) },
      outputs: (rule) => {
        rule.type("the indices", indices, "int64", "int32");
        return [
          { type: data.type, shape: data.shape.toSpliced(rule.axis(axis, data.shape.length), 1, ...indices.shape) },
        ];
      },
    })[0];
  }

  /** Inserts dimensions of length 1 at these places of the result. */
  unsqueeze(x: Value, axes: readonly number[]): Value {
    return this.node({
      op: "Unsqueeze",
      inputs: [x, this.ints(axes)],
      outputs: (rule) => {
        const rank = x.shape.length + axes.length;
        const inserted = new Set(axes.map((axis) => rule.axis(axis, rank)));
        rule.same("the number of axes and of different axes", axes.length, inserted.size);
        const kept = x.shape.values();
        return [
          {
            type: x.type,
            shape: Array.from({ length: rank }, (_, axis): Dim => (inserted.has(axis) ? 1 : (kept.next().value ?? 1))),
          },
        ];
      },
    })[0];
  }

  /** Removes dimensions of length 1. */
  squeeze(x: Value, axes: readonly number[]): Value {
    return this.node({
      op: "Squeeze",
      inputs: [x, this.ints(axes)],
      outputs: (rule) => {
        const removed = new Set(axes.map((axis) => rule.axis(axis, x.shape.length)));
        for (const axis of removed) {
          if (x.shape[axis] === 1) continue;
          throw rule.error({ what: `axis ${axis} cannot be removed`, expected: "length 1", got: `${x.shape[axis]}` });
        }
        return [{ type: x.type, shape: x.shape.filter((_, axis) => !removed.has(axis)) }];
      },
    })[0];
  }

  /** The lengths of `x`'s dimensions from `start` to before `end`, as int64. */
  shape(x: Value, start: number = 0, end: number = x.shape.length): Value {
    return this.node({
      op: "Shape",
      inputs: [x],
      attributes: { start: attr.int(start), end: attr.int(end) },
      outputs: [{ type: "int64", shape: [x.shape.slice(start, end).length] }],
    })[0];
  }

  /** The length of one dimension, int64 `[1]`: a part for `shapeOf`, a start or end for `slice`. */
  dim(x: Value, axis: number): Value {
    const along = this.nextRule("Shape").axis(axis, x.shape.length);
    return this.shape(x, along, along + 1);
  }

  /** A shape computed at run time, int64 `[parts]`, from lengths and int64 `[1]` values. */
  shapeOf(parts: readonly (number | bigint | Value)[]): Value {
    const fixed = parts.filter((part) => typeof part !== "object");
    if (fixed.length === parts.length) return this.ints(fixed);
    const tensors = parts.map((part) => (typeof part === "object" ? part : this.ints([part])));
    return tensors.length === 1 && tensors[0] !== undefined ? tensors[0] : this.concat(tensors, 0);
  }

  /** `start, start + delta, …` to before `limit`, all scalars of one type; `length` names how many that is. */
  range(start: Value, limit: Value, delta: Value, length: Dim): Value {
    return this.node({
      op: "Range",
      inputs: [start, limit, delta],
      outputs: (rule) => {
        for (const value of [start, limit, delta]) {
          rule.rank("a bound", value, 0);
          rule.type("a bound", value, start.type);
        }
        return [{ type: start.type, shape: [length] }];
      },
    })[0];
  }

  #shaped(op: "Reshape" | "Expand", x: Value, dims: Shape, shape: Value): Value {
    return this.node({
      op,
      inputs: [x, shape],
      outputs: (rule) => {
        rule.type("the shape", shape, "int64");
        rule.shape("the shape", shape, [dims.length]);
        return [{ type: x.type, shape: [...dims] }];
      },
    })[0];
  }
}
