import type { WorkerPort } from "@internvl/core";
import { createWorkerPort, parentWorkerPort } from "@internvl/runtime-web";
import { describe, expect, it, onTestFinished } from "vitest";

/** A worker with this script, for the length of the test. */
function start(script: string): WorkerPort {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const port = createWorkerPort(new Worker(url));
  onTestFinished(async () => {
    URL.revokeObjectURL(url);
    await port.close();
  });
  return port;
}

const message = (port: WorkerPort) => new Promise<unknown>((resolve) => port.onMessage(resolve));
const failure = (port: WorkerPort) => new Promise<unknown>((resolve) => port.onError(resolve));

describe("createWorkerPort", () => {
  it("carries messages both ways and transfers arrays", async () => {
    const port = start("onmessage = ({ data }) => postMessage([data.byteLength, ...new Uint8Array(data)])");
    const answer = message(port);
    const { buffer } = Uint8Array.of(7, 8);
    port.postMessage(buffer, [buffer]);
    expect(await answer).toEqual([2, 7, 8]);
    expect(buffer.byteLength).toBe(0);
  });

  it("reports an uncaught error, to those who listen later as well", async () => {
    const port = start("throw new Error('out of luck')");
    expect(await failure(port)).toMatchObject({
      code: "WORKER_FAILED",
      message: expect.stringContaining("out of luck"),
    });
    expect(await failure(port)).toMatchObject({ code: "WORKER_FAILED" });
  });

  it("reports a script that is not there", async () => {
    const port = createWorkerPort(new Worker("/no-such-script.js", { type: "module" }));
    expect(await failure(port)).toMatchObject({
      code: "WORKER_FAILED",
      message: expect.stringContaining("could not be loaded"),
    });
  });
});

describe("parentWorkerPort", () => {
  it("is for workers only", () => {
    expect(() => parentWorkerPort()).toThrow(/runs in a page/);
  });
});
