import { type DeviceChoice, type Session, Tensor } from "@internvl/core";

/** Looks token ids up. */
export interface TokenEmbeddings {
  /** Where they are, without a session that says it. */
  readonly place?: DeviceChoice;
  /** `[batch][length]` -> float32 `[batch, length, hidden]`. */
  lookUp(input_ids: readonly (readonly number[])[], signal?: AbortSignal): Promise<Tensor>;
  /** Gives the memory back; `lookUp` afterwards is an error. */
  release(): Promise<void>;
}

/** By running the graph, which has its table where the runtime put it. */
export class GraphEmbeddings implements TokenEmbeddings {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async lookUp(input_ids: readonly (readonly number[])[], signal?: AbortSignal): Promise<Tensor> {
    const dims = [input_ids.length, input_ids[0]!.length];
    const ids = BigInt64Array.from(input_ids.flat(), BigInt);
    const { inputs_embeds } = await this.#session.run({ input_ids: new Tensor("int64", ids, dims) }, { signal });
    return inputs_embeds!;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
