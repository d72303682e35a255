import { describeInferenceContract } from "@internvl/core/contract";
import { chooseDevice, webInference } from "@internvl/runtime-web";
import { describe, expect, it } from "vitest";
import { tinyGraph } from "../graph.js";

describe("WebGPU", () => {
  it("has an adapter here, so that auto takes it and the session says so", async () => {
    const choice = { name: "webgpu", reason: "the browser has a WebGPU adapter" };
    expect(await chooseDevice("auto")).toEqual(choice);
    const session = await tinyGraph({ device: "auto" });
    expect(session.device).toEqual(choice);
    await session.release();
  });

  it("lives beside wasm in one page", async () => {
    const sessions = await Promise.all(["wasm", "webgpu", "wasm", "webgpu"].map((device) => tinyGraph({ device })));
    expect(sessions.map(({ device }) => device?.name)).toEqual(["wasm", "webgpu", "wasm", "webgpu"]);
    await Promise.all(sessions.map((session) => session.release()));
  });

  describeInferenceContract({ describe, it, expect }, () => ({
    createSession: (graph, options) => webInference.createSession(graph, { device: "webgpu", ...options }),
  }));
});
