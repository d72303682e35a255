import { afterAll, beforeAll, expect, it } from "vitest";
import { ask, LOADING_MS, type OpenPage, openPage, takeSample, waitUntilReady } from "./open-page.js";
import { staticServer } from "./static-server.js";

let open: OpenPage;

beforeAll(async () => {
  open = await openPage({ serve: staticServer });
});

afterAll(() => open?.close());

it("is cross-origin isolated through its service worker where the server sends no headers", async () => {
  const { page } = open;
  await waitUntilReady(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await expect.poll(() => page.getByText("not cross-origin isolated").count()).toBe(0);
});

it("works after a reload without network and server", async () => {
  const { page, context } = open;
  await page.getByRole("button", { name: /^Model: / }).click();
  await page.getByText("work without a network now").waitFor({ timeout: LOADING_MS });
  await open.stopServer();
  await context.setOffline(true);
  await page.reload();
  await waitUntilReady(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await takeSample(page, "sign small");
  expect(await ask(page, "What is the word?")).toBe("PULL");
  // The policy did not forbid anything either.
  expect(open.refusals).toEqual([]);
});
