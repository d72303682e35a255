import { afterAll, beforeAll, expect, it } from "vitest";
import { ask, type OpenPage, openPage, takeSample, waitUntilReady } from "./open-page.js";

let open: OpenPage;

beforeAll(async () => {
  open = await openPage();
  await waitUntilReady(open.page);
  await takeSample(open.page, "shapes square");
});

afterAll(() => open?.close());

async function setOptions(values: Record<string, number | boolean>): Promise<void> {
  const { page } = open;
  await page.getByRole("button", { name: "Answer options" }).click();
  await page.getByRole("button", { name: "Back to the defaults" }).click();
  for (const [name, value] of Object.entries(values)) {
    const field = page.getByLabel(name);
    if (typeof value === "boolean") await field.setChecked(value);
    else {
      await field.fill(String(value));
      await field.press("Tab");
    }
  }
  await page.getByRole("button", { name: "Close" }).click();
}

async function askAgain(): Promise<string> {
  const { page } = open;
  // The new turn is another element; the old one may be gone before anybody looks.
  await page.locator(".turn").evaluate((turn) => turn.setAttribute("data-old", ""));
  await page.getByRole("button", { name: "Ask again" }).click();
  await page.locator(".turn:not([data-old]) .cost").waitFor();
  return (await page.locator(".answer-text").textContent())!.trim();
}

it("cuts an answer where it may be no longer", async () => {
  const { page } = open;
  await setOptions({ max_new_tokens: 3 });
  expect(await ask(page, "Describe this image.")).toBe("A purple circle");
  await expect.poll(() => page.locator(".cost").textContent()).toContain("3 tokens");
  await expect.poll(() => page.locator(".cost").textContent()).toContain("cut off at the longest answer");
});

it("answers with beams, all at once", async () => {
  await setOptions({ num_beams: 3 });
  expect(await askAgain()).toBe("A purple circle and a black square on a white background.");
  // Its tokens are counted, and have no probabilities to be shown.
  await expect.poll(() => open.page.locator(".cost").textContent()).toMatch(/^13 tokens · /);
  await open.page.getByRole("button", { name: "Tokens" }).click();
  await expect.poll(() => open.page.locator(".answer-text").count()).toBe(1);
  await open.page.getByRole("button", { name: "Tokens" }).click();
});

it("draws the same answer from the same seed, and names the seed", async () => {
  await setOptions({ do_sample: true, temperature: 2, top_k: 0, seed: 7 });
  const first = await askAgain();
  await expect.poll(() => open.page.locator(".cost").textContent()).toContain("seed 7");
  expect(await askAgain()).toBe(first);
  await setOptions({ do_sample: true, temperature: 2, top_k: 0, seed: 8 });
  expect(await askAgain()).not.toBe(first);
});

it("has no error in the page after all that", () => {
  expect(open.problems).toEqual([]);
});
