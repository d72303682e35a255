import { afterAll, beforeAll, expect, it } from "vitest";
import { LOADING_MS, type OpenPage, openPage, stopAsItBegins, waitUntilReady } from "./open-page.js";

let open: OpenPage;

beforeAll(async () => {
  open = await openPage();
});

afterAll(() => open?.close());

/** Presses Tab until what has the focus is called so. */
async function tabTo(name: string | RegExp): Promise<void> {
  const { page } = open;
  const seen: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement | null;
      return element?.getAttribute("aria-label") ?? element?.querySelector("img")?.alt ?? element?.textContent ?? "";
    });
    seen.push(focused);
    if (typeof name === "string" ? focused === name : name.test(focused)) return;
  }
  throw new Error(`Tab never came to ${name}, only to ${seen.join(" | ")}`);
}

async function focusIsVisible(): Promise<boolean> {
  return open.page.evaluate(() => {
    const field = document.activeElement!.closest(".field");
    const { outlineStyle, boxShadow } = getComputedStyle(field ?? document.activeElement!);
    return outlineStyle !== "none" || boxShadow !== "none";
  });
}

it("does all of it with keys alone", async () => {
  const { page } = open;
  await waitUntilReady(page);
  await tabTo("shapes square");
  await expect.poll(() => focusIsVisible()).toBe(true);
  await page.keyboard.press("Enter");
  await page.locator(".frame").waitFor();

  await tabTo("Question");
  await expect.poll(() => focusIsVisible()).toBe(true);
  await page.keyboard.type("Find the");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("purple circle.");
  await expect.poll(() => page.getByLabel("Question", { exact: true }).inputValue()).toBe("Find the\npurple circle.");
  await page.keyboard.press("Enter");
  await page.locator(".cost").waitFor({ timeout: LOADING_MS });

  await page.keyboard.type("Describe this image.");
  await stopAsItBegins(page, "Escape");
  await page.keyboard.press("Enter");
  await page.getByText(/stopped/i).waitFor();

  await tabTo(/^Model: /);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Model" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toMatch(/^Model: /);

  await tabTo("Answer options");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await tabTo("Back to the defaults");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });

  await tabTo("Show tiles");
  await page.keyboard.press("Space");
  await expect.poll(() => page.locator(".tile").count()).toBe(4);
  await tabTo("Most tiles");
  await page.keyboard.press("Home");
  await expect.poll(() => page.locator(".tile").count()).toBe(1);

  await tabTo(/, a box in the picture$/);
  await expect.poll(() => page.locator(".box.pointed").count()).toBe(1);
});
