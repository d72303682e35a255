// Writes pictures of the page into screenshots/: light, dark and as wide as a phone.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { preview } from "vite";
import { CHROMIUM_FLAGS, findChromium } from "../../../tooling/scripts/chromium.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const wide = createRequire(import.meta.url).resolve("@internvl/demo-model/samples/sign-and-shapes-large.png");

const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true },
};

const server = await preview({ root, preview: { port: 0 } });
const browser = await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_FLAGS });
try {
  for (const [look, options] of Object.entries(LOOKS)) await takeAll(look, options);
} finally {
  await browser.close();
  await server.close();
}

async function takeAll(look, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  let number = 0;
  const take = async (what) => {
    number += 1;
    await page.screenshot({ path: `${root}/screenshots/${look}-${number}-${what}.png` });
  };
  const ask = async (question) => {
    const answers = await page.locator(".cost").count();
    await page.getByLabel("Question", { exact: true }).fill(question);
    await page.keyboard.press("Enter");
    await page.locator(".cost").nth(answers).waitFor();
  };
  await page.goto(server.resolvedUrls.local[0]);
  await page.getByText(/^Ready/).waitFor({ state: "attached" });
  await page.getByRole("button", { name: "sign and shapes large" }).waitFor();
  await take("welcome");
  await page.getByLabel("Picture file").setInputFiles(wide);
  await ask("Describe the picture.");
  await ask("Where is the red square?");
  await take("boxes");
  await page.getByRole("button", { name: "Show tiles" }).click();
  await ask("Find the sign.");
  await page.getByRole("button", { name: /^sign, a box/ }).hover();
  await take("tiles");
  await page.getByRole("button", { name: "Tokens" }).click();
  await page.locator(".turn").last().locator(".token").nth(3).hover();
  await take("tokens");
  await page.getByRole("button", { name: /^Model: / }).click();
  await take("model");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Answer options" }).click();
  await take("options");
  await context.close();
}
