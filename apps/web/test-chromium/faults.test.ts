import { expect, it } from "vitest";
import { ask, openPage, root, takeSample, waitUntilReady } from "./open-page.js";

it("shows a worker that does not start, and loads the model again", async () => {
  let isBroken = true;
  const open = await openPage({
    serviceWorkers: "block",
    prepare: (context) =>
      context.route("**/assets/worker-*.js", (route) => (isBroken ? route.abort() : route.fallback())),
  });
  try {
    const { page } = open;
    await page.getByText("The model's worker has ended.").waitFor();
    isBroken = false;
    await page.getByRole("button", { name: "Load the model again" }).click();
    await waitUntilReady(page);
    await takeSample(page, "sign small");
    expect(await ask(page, "What is the word?")).toBe("PULL");
  } finally {
    await open.close();
  }
});

it("names what a model's folder lacks, and takes another folder", async () => {
  const open = await openPage({ serviceWorkers: "block" });
  const { page } = open;
  try {
    await waitUntilReady(page);
    // Without the picker there is the list of files.
    await page.evaluate(() => Reflect.deleteProperty(window, "showDirectoryPicker"));
    const load = async (folder: string, device = "wasm") => {
      await page.getByRole("button", { name: /^Model: / }).click();
      await page.getByLabel("Model folder").setInputFiles(folder);
      await page.getByLabel("Device").selectOption(device);
      await page.getByRole("button", { name: "Load", exact: true }).click();
    };
    await load(`${root}/dist/samples`);
    await page.locator(".notice .problem").waitFor();
    await expect
      .poll(() => page.locator(".notice .problem").textContent())
      .toContain("samples has no complete tokenizer. Expected tokenizer.model,");
    await load(`${root}/dist/model`, "auto");
    await page.getByRole("button", { name: "Model: model", exact: true }).waitFor({ timeout: 90_000 });
    await takeSample(page, "sign small");
    expect(await ask(page, "What is the word?")).toBe("PULL");
    await page.getByRole("button", { name: "Model: model", exact: true }).click();
    // Headless Chromium has no adapter, and the page says so.
    await page.getByText(/model runs on wasm \(.*(WebGPU|adapter).*\) in int8/).waitFor();
  } finally {
    await open.close();
  }
});
