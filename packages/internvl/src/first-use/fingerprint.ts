import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** Changes whenever the code that writes graphs does: what an older converter wrote is not taken for this one's. */
export async function converterFingerprint(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of converterFiles()) hash.update(await readFile(file));
  return hash.digest("hex");
}

/** The converter and its graph builder; bundled into one program, they are in the file that this code is in. */
function converterFiles(): string[] {
  try {
    const converter = createRequire(import.meta.url).resolve("@internvl/convert");
    return [converter, createRequire(converter).resolve("@internvl/onnx")];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    return [fileURLToPath(import.meta.url)];
  }
}
