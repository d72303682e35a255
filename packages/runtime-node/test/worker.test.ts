import { MessageChannel, Worker } from "node:worker_threads";
import type { WorkerPort } from "@internvl/core";
import { createWorkerPort, parentWorkerPort } from "@internvl/runtime-node";
import { afterEach, describe, expect, it, vi } from "vitest";

const channel = vi.hoisted(() => ({ parent: null as import("node:worker_threads").MessagePort | null }));
vi.mock("node:worker_threads", async (original) => ({
  ...(await original<typeof import("node:worker_threads")>()),
  get parentPort() {
    return channel.parent;
  },
}));

afterEach(() => {
  channel.parent = null;
});

const ECHO = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", (message) => {
    if (message === "throw") throw new Error("broken on purpose");
    if (message === "exit") process.exit(3);
    parentPort.postMessage(message);
  });`;

describe("createWorkerPort", () => {
  it("passes messages and transfers buffers", async () => {
    const port = createWorkerPort(new Worker(ECHO, { eval: true }));
    const bytes = Uint8Array.of(1, 2, 3);
    const answer = nextMessage(port);
    port.postMessage({ bytes }, [bytes.buffer]);
    expect(bytes.length).toBe(0);
    expect(await answer).toEqual({ bytes: Uint8Array.of(1, 2, 3) });
    await port.close();
  });

  it("reports an uncaught error once, also to listeners that come late", async () => {
    const port = createWorkerPort(new Worker(ECHO, { eval: true }));
    const errors: unknown[] = [];
    const failed = new Promise((resolve) => port.onError(resolve));
    port.onError((error) => errors.push(error));
    port.ref?.();
    port.postMessage("throw");
    expect(await failed).toMatchObject({
      code: "WORKER_FAILED",
      message: expect.stringContaining("broken on purpose"),
    });
    await port.close();
    port.onError((error) => errors.push(error));
    expect(errors).toEqual([await failed, await failed]);
  });

  it("reports an exit that nobody asked for", async () => {
    const port = createWorkerPort(new Worker(ECHO, { eval: true }));
    const failed = new Promise((resolve) => port.onError(resolve));
    port.postMessage("exit");
    expect(await failed).toMatchObject({ code: "WORKER_FAILED", message: expect.stringContaining("exit code 3") });
  });

  it("closes without an error", async () => {
    const port = createWorkerPort(new Worker(ECHO, { eval: true }));
    const errors: unknown[] = [];
    port.onError((error) => errors.push(error));
    await port.close();
    await port.close();
    expect(errors).toEqual([]);
  });

  it("keeps the program alive while requests are pending and not longer", async () => {
    const worker = new Worker(ECHO, { eval: true });
    const calls: string[] = [];
    for (const name of ["ref", "unref"] as const) {
      vi.spyOn(worker, name).mockImplementation(() => void calls.push(name));
    }
    const port = createWorkerPort(worker);
    port.onMessage(() => {});
    port.ref?.();
    port.onMessage(() => {});
    port.ref?.();
    port.unref?.();
    port.unref?.();
    port.unref?.();
    expect(calls).toEqual(["unref", "unref", "ref", "unref"]);
    await port.close();
  });
});

describe("parentWorkerPort", () => {
  it("speaks with the thread that started this one", async () => {
    const { port1, port2 } = new MessageChannel();
    channel.parent = port1;
    const inside = parentWorkerPort();
    inside.onMessage((message) => inside.postMessage({ got: message }));
    const answer = new Promise((resolve) => port2.once("message", resolve));
    port2.postMessage("hello");
    expect(await answer).toEqual({ got: "hello" });
    await inside.close();
  });

  it("is refused in the main thread", () => {
    expect(() => parentWorkerPort()).toThrow("main thread");
  });
});

function nextMessage(port: WorkerPort): Promise<unknown> {
  return new Promise((resolve) => port.onMessage(resolve));
}
