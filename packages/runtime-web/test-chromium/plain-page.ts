import { createWebInference } from "@internvl/runtime-web";
import { Tensor } from "onnxruntime-common";

/**
 * What the tests ask of the page: `y = Identity(x)` on a device.
 *
 * @param wasmPaths the folder of onnxruntime's files; undefined: where the bundler put them
 */
export async function identity(graph: number[], device: string, wasmPaths?: string): Promise<number[]> {
  const inference = createWebInference({ wasmPaths });
  const session = await inference.createSession({ bytes: Uint8Array.from(graph) }, { device });
  const { y } = await session.run({ x: new Tensor("float32", [1, 2, 3], [3]) });
  await session.release();
  return Array.from(y!.data as Float32Array);
}

Object.assign(globalThis, { identity });
