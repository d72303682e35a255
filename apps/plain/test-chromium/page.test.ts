import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { type LocalServer, launchChromium, serve } from "@internvl-tooling/browser";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { answersInNode } from "../../vite/test-chromium/answers-in-node.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const PICTURE = createRequire(import.meta.url).resolve("@internvl/demo-model/samples/shapes-square.png");
const QUESTION = "How many shapes are there?";

let server: LocalServer;
let browser: Browser;
let page: Page;
const hosts = new Set<string>();
const problems: string[] = [];

beforeAll(async () => {
  // A web server as plain as the page: files, and no header of its own.
  server = await serve(`${root}/dist`, { headers: {} });
  browser = await launchChromium();
  page = await browser.newPage();
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  page.on("requestfailed", (request) =>
    problems.push(`${request.method()} ${request.url()} ${request.failure()?.errorText}`),
  );
  await page.goto(server.origin);
  await page.getByText("Ready").waitFor({ timeout: 60_000 });
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

it("is a page of at most 60 lines", () => {
  expect(readFileSync(`${root}/index.html`, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(60);
});

it("answers what Node answers with the same folder, and asks no other server", async () => {
  await page.getByLabel("Picture").setInputFiles(PICTURE);
  await page.getByLabel("Question").fill(QUESTION);
  await page.getByRole("button", { name: "Ask" }).click();
  await page.locator("button:enabled").waitFor({ timeout: 60_000 });
  const answer = await page.locator("output").textContent();
  expect(answer?.trim()).toBe((await answersInNode(`${root}/dist/model`, PICTURE, [QUESTION]))[0]);
  expect(answer?.trim()).not.toBe("");
  expect(problems).toEqual([]);
  expect([...hosts]).toEqual([new URL(page.url()).host]);
});

it("says what is wrong with a file that is no picture, and goes on", async () => {
  const file = { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("notes") };
  await page.getByLabel("Picture").setInputFiles(file);
  await page.getByRole("button", { name: "Ask" }).click();
  await page.getByText("Expected").waitFor();
  await page.locator("button:enabled").waitFor();
});
