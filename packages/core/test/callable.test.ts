import { Callable } from "@internvl/core";
import { expect, it } from "vitest";

// biome-ignore lint/correctness/noUnusedVariables: it gives the class below its call signature.
interface Scaler {
  (value: number, offset?: number): Promise<number>;
  factor: number;
}
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: Callable makes the call, the constructor sets the field.
class Scaler extends Callable<[value: number, offset?: number], Promise<number>> {
  readonly #secret = 1;
  constructor(factor: number) {
    super();
    this.factor = factor;
  }
  async _call(value: number, offset = 0): Promise<number> {
    return value * this.factor + offset * this.#secret;
  }
  describe(): string {
    return `x ${this.factor}`;
  }
}
class Doubler extends Scaler {
  constructor() {
    super(2);
  }
  override async _call(value: number): Promise<number> {
    return (await super._call(value)) + 100;
  }
}

it("makes instances that can be called", async () => {
  const triple = new Scaler(3);
  expect(await triple(5)).toBe(15);
  expect(await triple(5, 1)).toBe(16);
  expect(triple.factor).toBe(3);
  expect(triple.describe()).toBe("x 3");
  expect(triple).toBeInstanceOf(Scaler);
});

it("keeps instances apart and lets a subclass override the call", async () => {
  const [triple, double] = [new Scaler(3), new Doubler()];
  expect(await double(5)).toBe(110);
  expect(await triple(5)).toBe(15);
  expect(double).toBeInstanceOf(Doubler);
  expect(triple).not.toBeInstanceOf(Doubler);
});
