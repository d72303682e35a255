import { rotaryTables } from "@internvl/model";
import { describe, expect, it } from "vitest";

// Made with PyTorch 2.13, float32:
//   inv = 1 / (1e6 ** (torch.arange(0, 8, 2).float() / 8)); a = torch.tensor([0., 1, 3399, 32767])[:, None] * inv
const COS = [
  [1, 1, 1, 1],
  [0.5403023362159729, 0.999500036239624, 0.9999995231628418, 1],
  [0.9794154763221741, 0.7827808260917664, -0.967053234577179, 0.9942289590835571],
  [0.9822633266448975, 0.8566880226135254, 0.21795710921287537, 0.509507954120636],
];

describe("rotaryTables", () => {
  it("has PyTorch's numbers at near and at far positions", () => {
    const { cos, sin } = rotaryTables([0, 1, 3399, 32767], { head_dim: 8, rope_theta: 1e6 });
    const expected = COS.flat();
    for (const [index, value] of expected.entries()) {
      expect(cos[index]).toBeCloseTo(value, 6);
      expect(Math.hypot(cos[index]!, sin[index]!)).toBeCloseTo(1, 6);
    }
  });

  it("refuses a scaling that is not built", () => {
    const config = { head_dim: 8, rope_theta: 1e6, rope_scaling: { type: "dynamic", factor: 2 } };
    expect(() => rotaryTables([0], config)).toThrow(/scaling that is not built yet.*got "dynamic"/);
  });
});
