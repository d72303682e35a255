import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/** Changes whenever the code that writes graphs does: what an older converter wrote is not taken for this one's. */
export async function converterFingerprint(): Promise<string> {
  const converter = createRequire(import.meta.url).resolve("@internvl/convert");
  const builder = createRequire(converter).resolve("@internvl/onnx");
  const hash = createHash("sha256");
  for (const file of [converter, builder]) hash.update(await readFile(file));
  return hash.digest("hex");
}
