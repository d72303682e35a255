import { InternVLError } from "@internvl/core";

/** What an adapter says of itself, as far as it is read here. */
export interface AdapterTraits {
  readonly features: { has(feature: string): boolean };
  readonly limits: object;
  readonly info?: { readonly subgroupMinSize?: number };
}

/** Those limits that onnxruntime's kernels are written against. They are asked for at their most, as onnxruntime does. */
const LIMITS = [
  "maxBindGroups",
  "maxBufferSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
];

/**
 * The attention shader of onnxruntime 1.30 (`flash_attention.wgsl.template`, used for more than some 32 tokens) goes
 * forward by one subgroup of keys at a time and counts eight of them: with four lanes each key counts twice, and its
 * neighbours' values are mixed in. Chromium's software adapter has four lanes, and so may phones.
 */
const FEWEST_LANES = 8;

/** The news of a lost device takes a few milliseconds; only runs that have failed wait for it. */
const SETTLE_MS = 200;

/**
 * A device of WebGPU that this package makes itself, instead of onnxruntime, for two reasons: features that give wrong
 * numbers are left off, and it is known when it is lost.
 */
export class GpuContext {
  readonly device: GPUDevice;
  /** Why it is no longer there. */
  #lost: string | undefined;
  /** What went wrong on it that nobody has been told yet. */
  #error: string | undefined;

  constructor(device: GPUDevice) {
    this.device = device;
    device.lost.then(({ message }) => {
      this.#lost = message || "the browser gave no reason";
    });
    device.addEventListener("uncapturederror", (event) => {
      this.#error ??= event.error.message;
    });
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * @param graph as messages name it
   * @throws InternVLError `DEVICE_LOST`
   */
  assertThere(graph: string, cause?: unknown): void {
    if (this.#lost === undefined) return;
    throw new InternVLError("DEVICE_LOST", {
      what: `The graphics device that ${graph} ran on was lost: ${this.#lost}`,
      fix: 'Load the model again, with device "wasm" if it happens again. What it had computed is gone.',
      cause,
    });
  }

  /** Waits until it is known whether a failure was this device's end: runs fail a moment before it is said. */
  async settle(): Promise<void> {
    await Promise.race([this.device.lost, new Promise((resolve) => setTimeout(resolve, SETTLE_MS))]);
  }

  /** The error that the device has reported since the last call, if any: what was computed then is not to be trusted. */
  takeError(): Error | undefined {
    const message = this.#error;
    this.#error = undefined;
    return message === undefined ? undefined : new Error(message);
  }
}

let current: Promise<GpuContext> | undefined;

/**
 * The device that all sessions of this page (or worker) share; a new one after it was lost.
 *
 * @throws InternVLError `UNSUPPORTED` when the browser gives none
 */
export async function openGpu(): Promise<GpuContext> {
  const opened = await current?.catch(() => undefined);
  if (opened === undefined || opened.isLost) current = requestGpu();
  return current!;
}

async function requestGpu(): Promise<GpuContext> {
  try {
    const adapter = await (navigator as { gpu?: GPU }).gpu?.requestAdapter();
    if (!adapter) throw new Error("the browser has no adapter");
    return new GpuContext(await adapter.requestDevice(describeDevice(adapter)));
  } catch (cause) {
    throw new InternVLError("UNSUPPORTED", {
      what: `WebGPU cannot be used here: ${(cause as Error).message}`,
      fix: 'Use device "wasm".',
      cause,
    });
  }
}

/** What is asked of an adapter. */
export function describeDevice({ features, limits, info }: AdapterTraits): GPUDeviceDescriptor {
  const hasLanes = (info?.subgroupMinSize ?? 0) >= FEWEST_LANES;
  const wanted: readonly GPUFeatureName[] = ["shader-f16", ...(hasLanes ? (["subgroups"] as const) : [])];
  const most = limits as Readonly<Record<string, number>>;
  return {
    requiredFeatures: wanted.filter((feature) => features.has(feature)),
    requiredLimits: Object.fromEntries(LIMITS.filter((name) => name in most).map((name) => [name, most[name]!])),
  };
}
