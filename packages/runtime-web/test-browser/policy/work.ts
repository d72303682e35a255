import { RawImage, Tensor } from "@internvl/core";
import { resize } from "@internvl/image-processor";
import { webRuntime } from "@internvl/runtime-web";
import { tinyGraph } from "../graph.js";

export interface Report {
  /** The pixels of a picture that was resized. */
  resized: number[];
  /** What was computed, or the code of the error. */
  result: unknown;
  /** Directives of the policy that something ran against. */
  violations: string[];
}

/** A picture of one white pixel. */
const PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=";

/** Uses every part of the runtime in a worker, whose policy the test server sets by the name of its script. */
export async function work(): Promise<void> {
  const violations: string[] = [];
  addEventListener("securitypolicyviolation", ({ effectiveDirective }) => violations.push(effectiveDirective));
  const { data } = await resize(new RawImage(Uint8Array.of(0, 50, 100, 150, 200, 250), 2, 1, 3), 3, 1);
  const result = await useRuntime().catch(({ code }: { code?: string }) => code);
  postMessage({ resized: [...data], result, violations } satisfies Report);
}

async function useRuntime(): Promise<unknown> {
  const image = await webRuntime.media.decodeImage(PICTURE);
  const sink = await webRuntime.openSink!("policy");
  const session = await tinyGraph({ threads: 2 });
  const { y } = await session.run({ x: new Tensor("float32", Float32Array.of(1, 2), [2]) });
  await session.release();
  return { pixel: [...image.data], folder: sink.name, y: [...(y!.data as Float32Array)] };
}
