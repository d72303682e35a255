import { createRequire } from "node:module";
import { dirname } from "node:path";

/** The folder of the demo model's checkpoint. */
export function demoCheckpoint(): string {
  return dirname(createRequire(import.meta.url).resolve("@internvl/demo-model/config.json"));
}
