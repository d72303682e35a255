import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { launchChromium } from "@internvl-tooling/browser";
import type { Browser, Page } from "playwright";
import { type PreviewServer, preview } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { answersInNode } from "./answers-in-node.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const PICTURE = createRequire(import.meta.url).resolve("@internvl/demo-model/samples/shapes-square.png");
const QUESTION = "How many shapes are there?";

let server: PreviewServer;
let browser: Browser;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  server = await preview({ root, preview: { port: 0 } });
  browser = await launchChromium();
  page = await browser.newPage();
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("requestfailed", (request) => problems.push(`${request.url()} failed`));
  await page.goto(server.resolvedUrls!.local[0]!);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

it("answers what Node answers with the same folder, and asks no other server", async () => {
  const hosts = new Set<string>();
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  await page.getByText("Ready").waitFor({ timeout: 60_000 });
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await page.getByLabel("Picture").setInputFiles(PICTURE);
  await page.getByLabel("Question").fill(QUESTION);
  await page.getByRole("button", { name: "Ask" }).click();
  await page.locator("output:not(:empty)").waitFor();
  await page.getByText("Ready").waitFor({ timeout: 60_000 });
  const answer = await page.locator("output").textContent();
  expect(answer?.trim()).toBe((await answersInNode(`${root}/dist/model`, PICTURE, [QUESTION]))[0]);
  expect(answer?.trim()).not.toBe("");
  expect(problems).toEqual([]);
  expect([...hosts]).toEqual([new URL(server.resolvedUrls!.local[0]!).host]);
});

it("says what is wrong with a file that is no picture, and goes on", async () => {
  await page
    .getByLabel("Picture")
    .setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("notes") });
  await page.getByRole("button", { name: "Ask" }).click();
  await page.getByText("Expected").waitFor();
  expect(await page.getByRole("button", { name: "Ask" }).isEnabled()).toBe(true);
});
