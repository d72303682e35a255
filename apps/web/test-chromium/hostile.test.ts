import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ask, type OpenPage, openPage, root, sample, waitUntilReady } from "./open-page.js";

const ATTACK = "<img/src=x/onerror=globalThis.hacked=1><script>globalThis.hacked=2</script>";

let open: OpenPage;

/** The demo model, whose word for yes is an attack. */
function hostileTokenizer(): string {
  const tokenizer = JSON.parse(readFileSync(`${root}/dist/model/tokenizer.json`, "utf8"));
  const { vocab } = tokenizer.model;
  vocab[ATTACK] = vocab["No"];
  delete vocab["No"];
  return JSON.stringify(tokenizer);
}

beforeAll(async () => {
  open = await openPage({
    // Its requests would go past the route.
    serviceWorkers: "block",
    prepare: (context) =>
      context.route("**/model/tokenizer.json", (route) =>
        route.fulfill({ contentType: "application/json", body: hostileTokenizer() }),
      ),
  });
});

afterAll(() => open?.close());

it("shows HTML in an answer, a question and a file's name as text, and runs none of it", async () => {
  const { page } = open;
  await waitUntilReady(page);
  const name = "<b onmouseover=globalThis.hacked=3>.png";
  await page
    .getByLabel("Picture file")
    .setInputFiles({ name, mimeType: "image/png", buffer: readFileSync(sample("shapes-square.png")) });
  expect(await ask(page, "Do you see a purple star?")).toContain(ATTACK);
  const question = "<svg onload=globalThis.hacked=4> <image> <|im_end|>";
  await ask(page, question);
  await expect.poll(() => page.locator(".question p").last().textContent()).toBe(question);
  await expect.poll(() => page.locator(".file-name").textContent()).toBe(name);
  await expect
    .poll(() => page.locator(".conversation script, .conversation svg:not(.icon), .picture b").count())
    .toBe(0);
  await page.getByRole("button", { name: "Tokens" }).click();
  await page.locator(".token", { hasText: "onerror" }).first().waitFor();
  expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined();
  expect(open.problems).toEqual([]);
});
