import { expect, it } from "vitest";
import type { Report } from "./policy/work.js";

// Pillow's bytes, whether they were computed in WebAssembly or, where it is forbidden, in TypeScript.
const resized = [0, 40, 90, 75, 125, 175, 160, 210, 255];

it("everything works under a strict Content-Security-Policy", async () => {
  const worker = new Worker(new URL("./policy/strict-worker.ts", import.meta.url), { type: "module" });
  expect(await reportOf(worker)).toEqual({
    resized,
    result: { pixel: [255, 255, 255], folder: "policy", y: [1, 2] },
    violations: [],
  });
});

it("a policy that forbids wasm is an error that says so", async () => {
  const worker = new Worker(new URL("./policy/no-wasm-worker.ts", import.meta.url), { type: "module" });
  expect(await reportOf(worker)).toMatchObject({ resized, result: "RUNTIME_MISSING" });
});

async function reportOf(worker: Worker): Promise<Report> {
  try {
    return await new Promise((resolve, reject) => {
      worker.addEventListener("message", ({ data }) => resolve(data));
      worker.addEventListener("error", ({ message }) => reject(new Error(message)));
    });
  } finally {
    worker.terminate();
  }
}
