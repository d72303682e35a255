import { dirname } from "node:path";
import { expect, it } from "vitest";
import { SOFTWARE_WEBGPU } from "../../../tooling/scripts/chromium.mjs";
import { ask, openPage, sample, takeSample, waitUntilReady } from "./open-page.js";

/** Conversion, compiling of shaders and all: on a processor, beside other suites. */
const TIMEOUT = 240_000;

it(
  "runs a chosen checkpoint on WebGPU, and says so",
  async () => {
    const open = await openPage({ serviceWorkers: "block", flags: SOFTWARE_WEBGPU });
    const { page } = open;
    page.setDefaultTimeout(TIMEOUT);
    try {
      await waitUntilReady(page);
      // The demo model's int8 is not multiplied there: with "auto" those graphs go to wasm, with the reason.
      await page.getByRole("button", { name: /^Model: / }).click();
      await page.getByLabel("Device").selectOption("auto");
      await page.getByRole("button", { name: "Load", exact: true }).click();
      await waitUntilReady(page);
      await page.getByRole("button", { name: /^Model: / }).click();
      await page.getByText(/Demo model runs on wasm \(.*WebGPU does not compute.*\) in int8/).waitFor();
      await page.getByRole("button", { name: "Close" }).click();
      await page.evaluate(() => Reflect.deleteProperty(window, "showDirectoryPicker"));
      await page.getByRole("button", { name: /^Model: / }).click();
      await page.getByLabel("Model folder").setInputFiles(dirname(dirname(sample("sign-small.png"))));
      await page.getByLabel("Device").selectOption("webgpu");
      await page.getByRole("button", { name: "Load", exact: true }).click();
      await page.getByRole("button", { name: "Model: demo-model" }).waitFor();
      await takeSample(page, "sign small");
      expect(await ask(page, "What is the word?")).toBe("PULL");
      await page.getByRole("button", { name: "Model: demo-model" }).click();
      await page.getByText(/demo-model runs on webgpu.* in /).waitFor();
    } finally {
      await open.close();
    }
  },
  TIMEOUT,
);
