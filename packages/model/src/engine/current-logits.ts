import { freeMemory, type Tensor } from "@internvl/core";

/** The logits of one step after another. A loop has read a step's once it asks for the next, which frees them. */
export class CurrentLogits {
  #data: Float32Array | undefined;

  /** @param logits what a session has returned */
  of({ data }: Tensor): Float32Array {
    if (this.#data !== undefined) freeMemory(this.#data);
    this.#data = data as Float32Array;
    return this.#data;
  }
}
