import { chooseDevice, webInference } from "@internvl/runtime-web";
import { afterEach, describe, expect, it, vi } from "vitest";
import { tinyGraph } from "./graph.js";

/** `navigator.gpu` for one test; undefined where the browser has none. */
function stubGpu(gpu: { requestAdapter(): Promise<object | null> } | undefined): void {
  vi.stubGlobal("navigator", { gpu, hardwareConcurrency: navigator.hardwareConcurrency });
}

afterEach(() => vi.unstubAllGlobals());

describe("chooseDevice", () => {
  it("is wasm when nothing is asked for", async () => {
    expect((await chooseDevice()).name).toBe("wasm");
  });

  it("takes WebGPU for auto where there is an adapter, and says so", async () => {
    stubGpu({ requestAdapter: async () => ({}) });
    expect(await chooseDevice("auto")).toEqual({ name: "webgpu", reason: "the browser has a WebGPU adapter" });
  });

  it.each([
    ["no WebGPU", undefined, /does not have WebGPU/],
    ["no adapter", { requestAdapter: async () => null }, /no adapter/],
    ["a blocked driver", { requestAdapter: () => Promise.reject(new Error("blocked")) }, /no adapter/],
  ])("takes wasm for auto with %s, says why, and refuses webgpu", async (_, gpu, reason) => {
    stubGpu(gpu);
    expect(await chooseDevice("auto")).toEqual({ name: "wasm", reason: expect.stringMatching(reason) });
    await expect(chooseDevice("webgpu")).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(reason),
    });
  });

  it("offers for auto first WebGPU and then wasm for what WebGPU does not compute", async () => {
    stubGpu({ requestAdapter: async () => ({ features: new Set() }) });
    const [webgpu, wasm, ...more] = await webInference.offerDevices!("auto");
    expect([webgpu!.name, wasm!.name, more.length]).toEqual(["webgpu", "wasm", 0]);
    expect(wasm!.reason).toMatch(/does not compute/);
    expect(webgpu!.dtypes.vision_encoder![0]).toBe("fp16");
    expect(webgpu!.dtypes.decoder_model_merged![0]).toBe("q4");
    expect(webgpu!.dtypes.decoder_model_merged).not.toContain("int8");
    expect(Object.values(wasm!.dtypes).map(([first]) => first)).toEqual(["int8", "int8", "int8"]);
    expect((await webInference.offerDevices!("webgpu")).map(({ name }) => name)).toEqual(["webgpu"]);
    expect((await webInference.offerDevices!(undefined)).map(({ name }) => name)).toEqual(["wasm"]);
  });

  it.each([
    [["shader-f16"], true],
    [[], false],
  ])("half precision embeddings need shader-f16: an adapter with %j", async (features, runs) => {
    stubGpu({ requestAdapter: async () => ({ features: new Set<string>(features) }) });
    const [webgpu] = await webInference.offerDevices!("webgpu");
    expect(webgpu!.dtypes.embed_tokens!.includes("fp16")).toBe(runs);
  });

  it("says in the session where it runs", async () => {
    const session = await tinyGraph({ device: "wasm" });
    expect(session.device?.name).toBe("wasm");
    await session.release();
  });
});

describe("threads", () => {
  it("are a whole number", async () => {
    await expect(tinyGraph({ threads: 0 })).rejects.toMatchObject({ code: "INPUT_INVALID" });
    await expect(tinyGraph({ threads: 1.5 })).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });

  it("are refused, and not left out, where the page is not isolated; the message names the headers", async () => {
    vi.stubGlobal("crossOriginIsolated", false);
    await expect(tinyGraph({ threads: 2 })).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("Cross-Origin-Embedder-Policy: require-corp"),
    });
  });

  it("are as many for every session of a page", async () => {
    await (await tinyGraph({ threads: 2 })).release();
    await (await tinyGraph({})).release();
    await expect(tinyGraph({ threads: 1 })).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});
