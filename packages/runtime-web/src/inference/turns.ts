/** Lets one action run at a time, in the order asked for: onnxruntime's WebGPU does not take two at once. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<Result>(action: () => Promise<Result>): Promise<Result> {
    const mine = this.#last.then(action, action);
    this.#last = mine;
    return mine;
  }
}
