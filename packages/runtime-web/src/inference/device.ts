import { type DeviceChoice, InternVLError } from "@internvl/core";

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
  if (device === "wasm") return { name: "wasm", reason: "wasm was asked for, or nothing else was" };
  if (device !== "webgpu" && device !== "auto") {
    throw new InternVLError("UNSUPPORTED", {
      what: `This runtime has no device "${device}"`,
      expected: '"wasm", "webgpu" or "auto"',
      fix: "Leave the option device out for wasm.",
    });
  }
  const missing = await whyNoWebGpu();
  if (device === "auto") {
    return missing === undefined
      ? { name: "webgpu", reason: "the browser has a WebGPU adapter" }
      : { name: "wasm", reason: missing };
  }
  if (missing === undefined) return { name: "webgpu", reason: "webgpu was asked for" };
  throw new InternVLError("UNSUPPORTED", {
    what: `WebGPU cannot be used here: ${missing}`,
    fix: 'Use device "wasm", or "auto" to take WebGPU only where it works.',
  });
}

/** Why WebGPU cannot be used; undefined when it can. */
async function whyNoWebGpu(): Promise<string | undefined> {
  if (!globalThis.isSecureContext) return "the page is not served over https, which WebGPU needs";
  const { gpu } = navigator as { gpu?: GPU };
  if (gpu === undefined) return "the browser does not have WebGPU, or has it switched off";
  // A browser that has blocked its driver rejects instead of answering null.
  const adapter = await gpu.requestAdapter().catch(() => null);
  return adapter === null ? "the browser has WebGPU and no adapter for it (no driver, or a blocked one)" : undefined;
}
