import { removeStoredFolder } from "@internvl/runtime-web";
import { afterAll, expect, it } from "vitest";
import { expectSharedRuns } from "../concurrent.js";

afterAll(() => removeStoredFolder("converted"));

it("calls at the same time share runs on WebGPU", async () => {
  expect.hasAssertions();
  await expectSharedRuns("webgpu");
}, 180_000);
