import { InternVLError } from "@internvl/core";
import { type Browser, chromium, type Page } from "playwright";
import { CHROMIUM_FLAGS, findChromium, SOFTWARE_WEBGPU } from "../../scripts/chromium.mjs";

/**
 * This machine's Chromium.
 *
 * @param flags Default: WebGPU on its own software adapter
 * @throws InternVLError `RUNTIME_MISSING` where there is none
 */
export async function launchChromium(flags: readonly string[] = SOFTWARE_WEBGPU): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new InternVLError("RUNTIME_MISSING", {
      what: "There is no Chromium here",
      fix: "Install it (Debian: apt-get install chromium), or name the program in CHROMIUM_PATH.",
    });
  }
  return chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS, ...flags] });
}

/**
 * A page for the length of `body`, in a Chromium of its own.
 *
 * @throws what `body` throws; an error when the page crashes
 */
export async function openPage<Result>(address: string, body: (page: Page) => Promise<Result>): Promise<Result> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const crashed = new Promise<never>((_, reject) => page.on("crash", () => reject(new Error("The page crashed"))));
    const run = async () => {
      await page.goto(address);
      return body(page);
    };
    return await Promise.race([run(), crashed]);
  } finally {
    await browser.close();
  }
}
