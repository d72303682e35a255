import type { CacheDtype, Dtype } from "@internvl/config";
import type { ExternalLocation, ExternalTensor, GraphBuilder, Value } from "@internvl/onnx";
import type { TensorSource, WeightSource } from "../checkpoint/index.js";
import { quantiseBlockwise, quantiseColumns, quantiseRows, toFloat16, toFloat32 } from "../quantise/index.js";
import type { SafetensorsDtype } from "../safetensors/index.js";

/** Weights that share a scale in q4 and q8. 128 decodes a third faster than 32 on a CPU, see the README. */
const BLOCK_SIZE = 128;

export interface LayerOptions {
  /** Whether states between the layers become outputs of the graph. Default false. */
  output_hidden_states?: boolean;
  /** What the decoder's keys and values are stored in. Default float32. */
  cache_dtype?: CacheDtype;
  /** Where the graph reads a tensor's own bytes; undefined for one whose converted bytes are written. Default: none is. */
  linked?: (tensor: WeightSource) => ExternalLocation | undefined;
  /** Where graphs find a tensor's converted bytes that are written once for all of them. Default: none is. */
  shared?: (tensor: WeightSource, converted: ExternalTensor) => ExternalLocation | undefined;
}

/**
 * Layers whose weights come from a checkpoint: what `torch.nn` is to a model file. An architecture says
 * `layers.linear(x, "mlp.fc1")`; which operators that becomes is decided by the dtype, here and nowhere else.
 */
export class Layers {
  readonly g: GraphBuilder;
  readonly #checkpoint: TensorSource;
  readonly #dtype: Dtype;
  readonly #options: LayerOptions;
  readonly #prefix: string;

  constructor(g: GraphBuilder, checkpoint: TensorSource, dtype: Dtype, options: LayerOptions = {}, prefix = "") {
    this.g = g;
    this.#options = options;
    this.#checkpoint = checkpoint;
    this.#dtype = dtype;
    this.#prefix = prefix;
  }

  /** Builds a module: its tensors and its nodes are named under `name`. */
  module<T>(name: string, build: (layers: Layers) => T): T {
    const inner = new Layers(this.g, this.#checkpoint, this.#dtype, this.#options, `${this.#prefix}${name}.`);
    return this.g.scope(name, () => build(inner));
  }

  /** What keys and values are stored in between runs. */
  get cache_dtype(): CacheDtype {
    return this.#options.cache_dtype ?? "float32";
  }

  has(name: string): boolean {
    return this.#checkpoint.has(this.#prefix + name);
  }

  /**
   * A state between layers, which Transformers' `output_hidden_states` shows: the output `hidden_states.INDEX` of a
   * graph that was asked for them, and nothing in others.
   */
  hiddenState(index: number, state: () => Value): void {
    if (this.#options.output_hidden_states) this.g.output(`hidden_states.${index}`, state());
  }

  /**
   * A tensor as it is, in float32. In fp16 it is stored in half and widened in the graph, and so is bfloat16 that the
   * graph reads from the checkpoint's own file.
   */
  parameter(name: string): Value {
    if (this.#dtype === "fp16") return this.g.cast(this.#half(name), "float32");
    const brief = this.#brief(name);
    return brief === undefined ? this.#float(name) : this.g.cast(brief, "float32");
  }

  /** `x [..., in]` times `weight [out, in]` transposed, plus `bias [out]` when there is one -> `[..., out]`. */
  linear(x: Value, name: string): Value {
    return this.g.scope(name, () => {
      const weight = `${name}.weight`;
      const bias = this.has(`${name}.bias`) ? this.#float(`${name}.bias`) : undefined;
      switch (this.#dtype) {
        case "int8":
          return this.#linearInt8(x, weight, bias);
        case "q8":
          return this.#linearBlockwise(x, weight, bias, 8);
        case "q4":
          return this.#linearBlockwise(x, weight, bias, 4);
        default: {
          const product = this.g.fusedMatMul(x, this.parameter(weight), { transB: true });
          return bias === undefined ? product : this.g.add(product, bias);
        }
      }
    });
  }

  /** Rows of `weight [vocabulary, hidden]` -> `[...ids, hidden]`. */
  embedding(ids: Value, name: string): Value {
    const weight = `${name}.weight`;
    // Rows are picked before they are widened: the table itself stays as it is stored.
    const short =
      this.#dtype === "fp16" ? this.#half(weight) : this.#dtype === "fp32" ? this.#brief(weight) : undefined;
    if (short !== undefined) return this.g.cast(this.g.gather(short, ids), "float32");
    if (this.#dtype === "fp32") return this.g.gather(this.#float(weight), ids);
    const source = this.#source(weight);
    const { data, scales } = quantiseRows(source);
    const table = this.g.initializer(source.name, "int8", source.shape, data);
    const scale = this.g.initializer(`${source.name}.scales`, "float32", [source.shape[0]!, 1], scales);
    const rows = this.g.cast(this.g.gather(table, ids), "float32");
    return this.g.mul(rows, this.g.gather(scale, ids));
  }

  layerNorm(x: Value, name: string, epsilon: number): Value {
    const [weight, bias] = [this.#float(`${name}.weight`), this.#float(`${name}.bias`)];
    return this.g.scope(name, () => this.g.layerNormalization(x, weight, bias, { epsilon }));
  }

  rmsNorm(x: Value, name: string, epsilon: number): Value {
    const weight = this.#float(`${name}.weight`);
    return this.g.scope(name, () => this.g.simplifiedLayerNormalization(x, weight, { epsilon }));
  }

  /** The residual sum `x + delta`, and its RMS norm, in one pass. */
  addRmsNorm(x: Value, delta: Value, name: string, epsilon: number): { sum: Value; normed: Value } {
    const weight = this.#float(`${name}.weight`);
    const [normed, sum] = this.g.scope(name, () =>
      this.g.skipSimplifiedLayerNormalization(x, delta, weight, { epsilon }),
    );
    return { sum, normed };
  }

  #linearInt8(x: Value, name: string, bias: Value | undefined): Value {
    const source = this.#source(name);
    const [outputs, inputs] = source.shape as [number, number];
    const { data, scales } = quantiseColumns(source);
    return this.g.dynamicQuantizeMatMul(
      x,
      this.g.initializer(source.name, "int8", [inputs, outputs], data),
      this.g.initializer(`${source.name}.scales`, "float32", [outputs], scales),
      { bias },
    );
  }

  #linearBlockwise(x: Value, name: string, bias: Value | undefined, bits: 4 | 8): Value {
    const source = this.#source(name);
    const [outputs, inputs] = source.shape as [number, number];
    const blocks = Math.ceil(inputs / BLOCK_SIZE);
    const { data, scales } = quantiseBlockwise(source, { bits, block_size: BLOCK_SIZE });
    return this.g.matMulNBits(
      x,
      this.g.initializer(source.name, "uint8", [outputs, blocks, (BLOCK_SIZE * bits) / 8], data),
      this.g.initializer(`${source.name}.scales`, "float32", [outputs * blocks], scales),
      // Level 4 rounds activations to 8 bits block by block, which costs less than the weights' own rounding.
      { K: inputs, N: outputs, bits, block_size: BLOCK_SIZE, accuracy_level: 4, bias },
    );
  }

  #float(name: string): Value {
    const source = this.#source(name);
    const data = this.#linked(source, "F32") ?? this.#shared(source, toFloat32(source));
    return this.g.initializer(source.name, "float32", source.shape, data);
  }

  #half(name: string): Value {
    const source = this.#source(name);
    const data = this.#linked(source, "F16") ?? this.#shared(source, toFloat16(source));
    return this.g.initializer(source.name, "float16", source.shape, data);
  }

  /** A tensor in bfloat16, where the graph reads it from the checkpoint's own file. */
  #brief(name: string): Value | undefined {
    const source = this.#source(name);
    const data = this.#linked(source, "BF16");
    return data && this.g.initializer(source.name, "bfloat16", source.shape, data);
  }

  #shared(source: WeightSource, converted: ExternalTensor): ExternalLocation | ExternalTensor {
    return this.#options.shared?.(source, converted) ?? converted;
  }

  #linked(source: WeightSource, dtype: SafetensorsDtype): ExternalLocation | undefined {
    return source.dtype === dtype ? this.#options.linked?.(source) : undefined;
  }

  #source(name: string) {
    return this.#checkpoint.get(this.#prefix + name);
  }
}
