// Seconds from opening the page to its first answer, in Chromium, with nothing cached and then on a second visit.
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { preview } from "vite";
import { CHROMIUM_FLAGS, findChromium } from "../../../tooling/scripts/chromium.mjs";

const RUNS = 3;

const root = fileURLToPath(new URL("..", import.meta.url));
const server = await preview({ root, preview: { port: 0 } });
const browser = await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_FLAGS });
try {
  for (let run = 1; run <= RUNS; run++) {
    const context = await browser.newContext();
    for (const visit of ["first visit", "second visit"]) console.log(`${visit}: ${await measure(context)}`);
    await context.close();
  }
} finally {
  await browser.close();
  await server.close();
}

/** Opens the page and asks about a sample as soon as that can be done. */
async function measure(context) {
  const page = await context.newPage();
  const started = performance.now();
  const since = () => `${((performance.now() - started) / 1000).toFixed(2)} s`;
  await page.goto(server.resolvedUrls.local[0]);
  await page.getByRole("button", { name: "shapes square" }).click();
  const usable = since();
  await page.getByRole("button", { name: "How many purple shapes are there?" }).click();
  await page.locator(".cost").waitFor();
  const answered = since();
  const cost = await page.locator(".cost").textContent();
  await page.close();
  return `a picture chosen after ${usable}, answered after ${answered} (${cost})`;
}
