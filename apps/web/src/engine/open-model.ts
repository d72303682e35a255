import { openDirectoryHandle, openFileList } from "@internvl/runtime-web";
import type { ModelFiles } from "internvl";
import type { LoadRequest } from "./protocol.js";

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
