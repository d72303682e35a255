import { type DeviceChoice, type DeviceOffer, InternVLError } from "@internvl/core";

/** The devices that onnxruntime-web runs graphs on here. */
export type WebDevice = "wasm" | "webgpu";

/** A device with the reason why it is this one. */
export interface WebDeviceChoice extends DeviceChoice {
  name: WebDevice;
}

/**
 * The device that `device` stands for in this browser. `"auto"` is WebGPU where the browser has an adapter and wasm
 * elsewhere, and the reason says which it was. A device that is named is taken or refused, never replaced.
 *
 * @throws InternVLError `UNSUPPORTED` for a device that is not known, or WebGPU where there is none
 */
export async function chooseDevice(device: string = "wasm"): Promise<WebDeviceChoice> {
  return (await choose(device)).choice;
}

/**
 * The dtypes that are right on wasm. 8 bits first, because it widens other weights at each call (or holds them wide), and of
 * those the small ones. Four bits cost the vision encoder more than they save.
 */
const ON_WASM = {
  vision_encoder: ["int8", "q8", "fp16", "fp32", "q4"],
  embed_tokens: ["int8", "fp16", "fp32"],
  decoder_model_merged: ["int8", "q4", "q8", "fp16", "fp32"],
};

/**
 * The dtypes that WebGPU computes. int8 is not among them for what is multiplied: onnxruntime has that product on the CPU
 * only, and would run it there without a word. fp16 is widened when a graph is loaded and needs nothing of the adapter,
 * except in the table of the embeddings, which stays as it is stored.
 */
const ON_WEBGPU = {
  vision_encoder: ["fp16", "fp32", "q8", "q4"],
  embed_tokens: ["int8", "fp32"],
  decoder_model_merged: ["q4", "q8", "fp16", "fp32"],
};

/**
 * The devices that `device` stands for in this browser, the best first, each with the dtypes that are right there. `"auto"` on a
 * browser with WebGPU is both: graphs whose weights WebGPU does not compute run on wasm, and the reason says so.
 *
 * @throws InternVLError as `chooseDevice`
 */
export async function offerDevices(device?: string): Promise<DeviceOffer[]> {
  const { choice, adapter } = await choose(device ?? "wasm");
  if (choice.name === "wasm") return [{ ...choice, dtypes: ON_WASM }];
  const half = adapter?.features.has("shader-f16") ? ["fp16"] : [];
  const webgpu = { ...choice, dtypes: { ...ON_WEBGPU, embed_tokens: [...ON_WEBGPU.embed_tokens, ...half] } };
  if (device !== "auto") return [webgpu];
  const reason = "the browser has a WebGPU adapter, but WebGPU does not compute the dtype that there is of this graph";
  return [webgpu, { name: "wasm", reason, dtypes: ON_WASM }];
}

async function choose(device: string): Promise<{ choice: WebDeviceChoice; adapter?: GPUAdapter }> {
  if (device === "wasm") return { choice: { name: "wasm", reason: "wasm was asked for, or nothing else was" } };
  if (device !== "webgpu" && device !== "auto") {
    throw new InternVLError("UNSUPPORTED", {
      what: `This runtime has no device "${device}"`,
      expected: '"wasm", "webgpu" or "auto"',
      fix: "Leave the option device out for wasm.",
    });
  }
  const { adapter, missing } = await findAdapter();
  if (missing === undefined) {
    const reason = device === "auto" ? "the browser has a WebGPU adapter" : "webgpu was asked for";
    return { choice: { name: "webgpu", reason }, adapter };
  }
  if (device === "auto") return { choice: { name: "wasm", reason: missing } };
  throw new InternVLError("UNSUPPORTED", {
    what: `WebGPU cannot be used here: ${missing}`,
    fix: 'Use device "wasm", or "auto" to take WebGPU only where it works.',
  });
}

/** The browser's adapter, or why there is none. */
async function findAdapter(): Promise<{ adapter?: GPUAdapter; missing?: string }> {
  if (!globalThis.isSecureContext) return { missing: "the page is not served over https, which WebGPU needs" };
  const { gpu } = navigator as { gpu?: GPU };
  if (gpu === undefined) return { missing: "the browser does not have WebGPU, or has it switched off" };
  // A browser that has blocked its driver rejects instead of answering null.
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (adapter !== null) return { adapter };
  return { missing: "the browser has WebGPU and no adapter for it (no driver, or a blocked one)" };
}
