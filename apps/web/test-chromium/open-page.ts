import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { launchChromium } from "@internvl-tooling/browser";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright";
import { type PreviewServer, preview } from "vite";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Enough for a first load while other suites use the machine. */
export const LOADING_MS = 90_000;

export interface OpenPage {
  page: Page;
  context: BrowserContext;
  /** Where it is served. */
  address: string;
  /** Errors of the page, and requests that failed. */
  problems: string[];
  /** What a Content-Security-Policy forbade. */
  refusals: string[];
  /** Hosts that anything in the context has asked. */
  hosts: Set<string>;
  stopServer(): Promise<void>;
  close(): Promise<void>;
}

interface Opening extends BrowserContextOptions {
  /** Another server than Vite's, which sends the headers. */
  serve?: () => Promise<Server>;
  /** Called before the page is opened. */
  prepare?: (context: BrowserContext) => Promise<unknown>;
  flags?: string[];
}

export interface Server {
  address: string;
  close(): Promise<void>;
}

/** Opens the built page in Chromium. */
export async function openPage({
  serve = previewed,
  prepare,
  flags = [],
  ...options
}: Opening = {}): Promise<OpenPage> {
  const server = await serve();
  const browser = await launchChromium(flags);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const problems: string[] = [];
  const refusals: string[] = [];
  const hosts = new Set<string>();
  context.on("request", (request) => hosts.add(new URL(request.url()).host));
  await prepare?.(context);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) refusals.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(server.address);
  let isServed = true;
  const stopServer = async () => {
    if (isServed) await server.close();
    isServed = false;
  };
  return {
    page,
    context,
    address: server.address,
    problems,
    refusals,
    hosts,
    stopServer,
    async close() {
      await browser.close();
      await stopServer();
    },
  };
}

async function previewed(): Promise<Server> {
  const server: PreviewServer = await preview({ root, preview: { port: 0 } });
  return { address: server.resolvedUrls!.local[0]!, close: () => server.close() };
}

/** The path of one of the demo model's samples. */
export function sample(name: string): string {
  return createRequire(import.meta.url).resolve(`@internvl/demo-model/samples/${name}`);
}

export async function waitUntilReady(page: Page): Promise<void> {
  await page.getByText(/^Ready/).waitFor({ state: "attached", timeout: LOADING_MS });
}

/** Asks, and waits for the answer's end. @returns the answer's words as they are shown */
export async function ask(page: Page, question: string): Promise<string> {
  const turns = page.locator(".turn");
  const before = await turns.count();
  await page.getByLabel("Question", { exact: true }).fill(question);
  await page.keyboard.press("Enter");
  const turn = turns.nth(before);
  await turn.locator(".cost").waitFor({ timeout: LOADING_MS });
  return (await turn.locator(".answer-text").textContent())!.trim();
}

/**
 * Stops the next answer in the moment in which that can be done: the demo model is done before a person, or a test, could do it.
 */
export async function stopAsItBegins(page: Page, how: "click" | "Escape"): Promise<void> {
  await page.evaluate((way) => {
    const observer = new MutationObserver(() => {
      const stop = document.querySelector<HTMLButtonElement>("button[aria-label=Stop]");
      if (stop === null) return;
      observer.disconnect();
      if (way === "click") stop.click();
      else document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key: way, bubbles: true }));
    });
    observer.observe(document.body, { childList: true, subtree: true, attributes: true });
  }, how);
}

/** Takes a picture of the gallery, and waits until it is there. */
export async function takeSample(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name }).click();
  await page.locator("figcaption").waitFor();
}
