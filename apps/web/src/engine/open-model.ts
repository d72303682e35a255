import { chooseDevice, openDirectoryHandle, openFileList } from "@internvl/runtime-web";
import type { ModelFiles } from "internvl";
import type { DeviceName, LoadRequest } from "./protocol.js";

/** What `from_pretrained` takes for a choice. */
export function modelSource({ choice, demo }: LoadRequest): string | ModelFiles {
  if (choice.kind === "demo") return demo;
  if (choice.kind === "hub") return choice.id;
  return choice.kind === "handle" ? openDirectoryHandle(choice.handle) : openFileList(choice.files);
}

export function modelName({ choice }: LoadRequest): string {
  if (choice.kind === "demo") return "Demo model";
  return choice.kind === "hub" ? choice.id : choice.name;
}

export interface ChosenDevice {
  name: string;
  reason: string;
  /** What `from_pretrained` takes. */
  option: string | Record<string, string>;
}

/**
 * WebGPU is for the language model alone: the vision encoder's attention gives other numbers there.
 *
 * @throws InternVLError `UNSUPPORTED` for WebGPU where there is none
 */
export async function resolveDevice(device: DeviceName): Promise<ChosenDevice> {
  const { name, reason } = await chooseDevice(device);
  if (name === "wasm") return { name, reason, option: "wasm" };
  return { name, reason, option: { decoder_model_merged: "webgpu", vision_encoder: "wasm" } };
}
