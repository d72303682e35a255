import { dirname } from "node:path";
import { expect, it } from "vitest";
import { ask, LOADING_MS, openPage, sample, takeSample, waitUntilReady } from "./open-page.js";

it("converts a checkpoint that is chosen, says what that takes of the storage, and gives it back", async () => {
  const open = await openPage({ serviceWorkers: "block" });
  const { page } = open;
  try {
    await waitUntilReady(page);
    // Without the picker there is the list of files.
    await page.evaluate(() => Reflect.deleteProperty(window, "showDirectoryPicker"));
    await page.getByRole("button", { name: /^Model: / }).click();
    await page.getByText("No other model is stored.").waitFor();
    await page.getByLabel("Model folder").setInputFiles(dirname(dirname(sample("sign-small.png"))));
    await page.getByRole("button", { name: "Load", exact: true }).click();
    await page.getByRole("button", { name: "Model: demo-model" }).waitFor({ timeout: LOADING_MS });
    await takeSample(page, "sign small");
    expect(await ask(page, "What is the word?")).toBe("PULL");
    await page.getByRole("button", { name: "Model: demo-model" }).click();
    const stored = page.getByRole("region", { name: "Storage" }).getByRole("listitem");
    const shown = expect.stringMatching(/^Converted: demo-model-int8-[0-9a-f]+ [\d.]+ MBDelete$/);
    await expect.poll(() => stored.allTextContents()).toEqual([shown]);
    await stored.getByRole("button", { name: /^Delete Converted: demo-model-int8/ }).click();
    await page.getByText("No other model is stored.").waitFor();
  } finally {
    await open.close();
  }
});
