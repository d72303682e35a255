import { type RotaryConfig, rotaryTables } from "@internvl/model";
import { describe, expect, it } from "vitest";

const POSITIONS = [0, 1, 152, 40000];
const plain: RotaryConfig = { head_dim: 8, rope_theta: 1e6, rope_scaling: null, max_position_embeddings: 100 };
const dynamic: RotaryConfig = { ...plain, rope_scaling: { rope_type: "dynamic", factor: 2 } };
const linear: RotaryConfig = { ...plain, rope_scaling: { rope_type: "linear", factor: 3 } };

// Made with PyTorch 2.13, float32, as InternLM2's three classes of rotary embeddings do it:
//   inv = 1 / (base ** (torch.arange(0, 8, 2).float() / 8)); a = torch.einsum("i,j->ij", torch.tensor(POSITIONS) / divisor, inv)
// with base = theta * ((factor * length / 100) - (factor - 1)) ** (8 / 6) above a length of 100.
const NOT_STRETCHED = [
  [1, 1, 1, 1],
  [0.5403023362159729, 0.999500036239624, 0.9999995231628418, 1],
  [0.35904428362846375, 0.09413399547338486, 0.988470196723938, 0.9999884366989136],
  [0.3225874602794647, -0.40784239768981934, -0.666938066482544, 0.3011375963687897],
];
const STRETCHED_TO_101 = [
  [1, 1, 1, 1],
  [0.5403023362159729, 0.9995065927505493, 0.9999995231628418, 1],
  [0.35904428362846375, 0.06260828673839569, 0.9887701272964478, 0.9999889135360718],
  [0.3225874602794647, 0.9988447427749634, -0.20404770970344543, 0.32469335198402405],
];
const STRETCHED_TO_153 = [
  [1, 1, 1, 1],
  [0.5403023362159729, 0.9996911883354187, 0.9999998211860657, 1],
  [0.35904428362846375, -0.804446816444397, 0.9955959916114807, 0.9999972581863403],
  [0.3225874602794647, 0.19561778008937836, 0.9106189012527466, 0.8173301219940186],
];
const DIVIDED_BY_3 = [
  [1, 1, 1, 1],
  [0.9449569582939148, 0.9999444484710693, 0.9999999403953552, 1],
  [0.9205986857414246, -0.03141927346587181, 0.9987167119979858, 0.9999987483024597],
  [0.9156051278114319, 0.7877747416496277, 0.7200212478637695, 0.9124202132225037],
];

describe("rotaryTables", () => {
  it.each([
    ["no scaling", plain, 40001, NOT_STRETCHED],
    ["dynamic scaling within the trained length", dynamic, 100, NOT_STRETCHED],
    ["dynamic scaling one token past it", dynamic, 101, STRETCHED_TO_101],
    ["dynamic scaling far past it", dynamic, 153, STRETCHED_TO_153],
    ["linear scaling", linear, 153, DIVIDED_BY_3],
  ] as const)("has PyTorch's numbers with %s", (_, config, length, expected) => {
    const { cos, sin } = rotaryTables(POSITIONS, config, length);
    expect(cos).toHaveLength(16);
    for (const [index, value] of expected.flat().entries()) {
      expect(Math.abs(cos[index]! - value), `cos ${index}`).toBeLessThan(1e-6);
      expect(Math.abs(Math.hypot(cos[index]!, sin[index]!) - 1), `sin ${index}`).toBeLessThan(1e-6);
    }
  });

  it("turns each pair the same way as PyTorch", () => {
    const { sin } = rotaryTables([152], dynamic, 153);
    const expected = [0.9333205223083496, -0.594024658203125, 0.09374768286943436, 0.0023333290591835976];
    for (const [index, value] of expected.entries()) expect(sin[index]).toBeCloseTo(value, 6);
  });

  it("refuses a scaling that is not built", () => {
    const config = { ...plain, rope_scaling: { rope_type: "yarn", factor: 2 } };
    expect(() => rotaryTables([0], config, 1)).toThrow(/scaling that is not built yet.*linear, dynamic.*got "yarn"/);
  });
});
