import { type Session, Tensor } from "@internvl/core";
import { GraphBuilder, serializeModel } from "@internvl/onnx";
import { webInference } from "@internvl/runtime-web";
import { describe, expect, it } from "vitest";
import { cdp } from "vitest/browser";
import { openGpu } from "../../src/inference/gpu.js";

const WIDTH = 1024;
const LAYERS = 8;

/** Work enough that the device is lost in its middle. */
async function load(device: string): Promise<Session> {
  const g = new GraphBuilder({ name: "work" });
  const weight = g.initializer("weight", "float32", [WIDTH, WIDTH], new Float32Array(WIDTH * WIDTH).fill(1 / WIDTH));
  let x = g.input("x", "float32", ["rows", WIDTH]);
  for (let layer = 0; layer < LAYERS; layer++) x = g.matmul(x, weight);
  g.output("y", x);
  return webInference.createSession({ bytes: await serializeModel(g) }, { device });
}

const feeds = { x: new Tensor("float32", new Float32Array(16 * WIDTH).fill(3), [16, WIDTH]) };

async function answers(device: string): Promise<void> {
  const session = await load(device);
  const { y } = await session.run(feeds);
  expect(y!.data[0]).toBeCloseTo(3, 4);
  await session.release();
}

const LOSSES: Record<string, () => Promise<unknown>> = {
  "the page destroyed it": async () => {
    const { device } = await openGpu();
    (device as unknown as { destroy(): void }).destroy();
  },
  "the browser's graphics process crashed": () =>
    (cdp() as unknown as { send(method: string): Promise<unknown> }).send("Browser.crashGpuProcess"),
};

describe.each(Object.keys(LOSSES))("a device that is lost in the middle of a run: %s", (name) => {
  it("fails the run and those after it, and the page goes on with wasm and with WebGPU", async () => {
    const session = await load("webgpu");
    await session.run(feeds);
    const run = session.run(feeds);
    const failure = expect(run).rejects.toMatchObject({
      code: "DEVICE_LOST",
      message: expect.stringMatching(/was lost: .* Load the model again/s),
    });
    await LOSSES[name]!();
    await failure;
    await expect(session.run(feeds)).rejects.toMatchObject({ code: "DEVICE_LOST" });
    await session.release();

    await answers("wasm");
    await answers("webgpu");
  });
});

it("an error that the device reports fails the run, and the next one is right again", async () => {
  const session = await load("webgpu");
  await session.run(feeds);
  const { device } = await openGpu();
  // A buffer of a usage that there is not: the device says so later, and nobody else hears it.
  device.createBuffer({ size: 16, usage: 0 });
  await expect(session.run(feeds)).rejects.toMatchObject({
    code: "RUNTIME_FAILED",
    message: expect.stringMatching(/usage/i),
  });
  expect((await session.run(feeds)).y!.data[0]).toBeCloseTo(3, 4);
  await session.release();
});
