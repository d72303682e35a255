import { createWebInference } from "@internvl/runtime-web";
import { Tensor } from "onnxruntime-common";

/** What the test asks of the page: `y = Identity(x)` on a device, with onnxruntime's files from a folder of the site. */
export async function identity(graph: number[], device: string): Promise<number[]> {
  const inference = createWebInference({ wasmPaths: "/onnxruntime/" });
  const session = await inference.createSession({ bytes: Uint8Array.from(graph) }, { device });
  const { y } = await session.run({ x: new Tensor("float32", [1, 2, 3], [3]) });
  await session.release();
  return Array.from(y!.data as Float32Array);
}

Object.assign(globalThis, { identity });
