import { describe, expect, it } from "vitest";
import { describeDevice } from "../src/inference/gpu.js";

/** What an adapter says of itself. */
function adapter(features: readonly string[], subgroupMinSize?: number) {
  const limits = { maxBufferSize: 2 ** 30, maxTextureDimension2D: 8192 };
  const info = subgroupMinSize === undefined ? undefined : { subgroupMinSize };
  return { features: new Set(features), limits, info };
}

const ALL = ["shader-f16", "subgroups", "subgroup-size-control", "timestamp-query"];

describe("the device that is asked of an adapter", () => {
  it.each([
    ["four lanes", 4],
    ["an unknown number of lanes", undefined],
  ])("has no subgroups where they may have %s", (_, lanes) => {
    expect(describeDevice(adapter(ALL, lanes)).requiredFeatures).toEqual(["shader-f16"]);
  });

  it("has subgroups where they have at least eight lanes", () => {
    const expected = ["shader-f16", "subgroups"];
    expect(describeDevice(adapter(ALL, 8)).requiredFeatures).toEqual(expected);
    expect(describeDevice(adapter(ALL, 32)).requiredFeatures).toEqual(expected);
  });

  it("has nothing that the adapter does not have", () => {
    expect(describeDevice(adapter(["subgroups"], 32)).requiredFeatures).toEqual(["subgroups"]);
    expect(describeDevice(adapter([])).requiredLimits).toEqual({ maxBufferSize: 2 ** 30 });
  });
});
