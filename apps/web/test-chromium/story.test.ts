import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { answersInNode } from "../../vite/test-chromium/answers-in-node.js";
import { ask, type OpenPage, openPage, root, sample, stopAsItBegins, takeSample, waitUntilReady } from "./open-page.js";

const PICTURE = sample("shapes-square.png");
const QUESTIONS = ["How many shapes are there?", "Do you see a purple star?"];

let open: OpenPage;

beforeAll(async () => {
  open = await openPage({ permissions: ["clipboard-read", "clipboard-write"] });
});

afterAll(() => open?.close());

it("opens, and takes a picture that is dropped", async () => {
  const { page } = open;
  await waitUntilReady(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  const bytes = readFileSync(PICTURE).toString("base64");
  const transfer = await page.evaluateHandle(async (base64) => {
    const blob = await (await fetch(`data:image/png;base64,${base64}`)).blob();
    const data = new DataTransfer();
    data.items.add(new File([blob], "shapes.png", { type: "image/png" }));
    return data;
  }, bytes);
  await page.dispatchEvent("body", "dragover", { dataTransfer: transfer });
  await page.locator(".dropping").waitFor();
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
  await page.getByRole("img", { name: "shapes.png" }).first().waitFor();
  await expect.poll(() => page.locator("figcaption").textContent()).toBe("shapes.png448 × 448");
});

it("answers what Node answers, and a further question by reading only what is new", async () => {
  const { page } = open;
  const expected = await answersInNode(`${root}/dist/model`, PICTURE, QUESTIONS);
  const first = await ask(page, QUESTIONS[0]!);
  expect(first).toBe(expected[0]);
  expect(first).not.toBe("");
  const second = await ask(page, QUESTIONS[1]!);
  expect(second).toBe(expected[1]);
  const costs = await page.locator(".cost").allTextContents();
  expect(costs[0]).toMatch(/looked at 5 tiles · read \d+ tokens$/);
  // The picture's 82 tokens and the first turn are known.
  const [, fresh, known] = /read (\d+) tokens?, knew (\d+)/.exec(costs[1]!)!.map(Number);
  expect(costs[1]).not.toContain("looked at");
  expect(known).toBeGreaterThan(82);
  expect(fresh).toBeLessThan(40);
});

it("draws boxes, linked with the words", async () => {
  const { page } = open;
  await ask(page, "Locate the purple circle.");
  const words = page.getByRole("button", { name: "purple circle, a box in the picture" });
  const box = page.locator(".box");
  await expect.poll(() => box.count()).toBe(1);
  const [frame, drawn] = [await page.locator(".frame").boundingBox(), await box.boundingBox()];
  // The circle's truth is [150, 400, 400, 650], the model's grid 50, and the border adds a little.
  expect((drawn!.x - frame!.x) / frame!.width).toBeCloseTo(0.15, 1);
  expect((drawn!.y - frame!.y) / frame!.height).toBeCloseTo(0.4, 1);
  expect(drawn!.width / frame!.width).toBeCloseTo(0.25, 1);
  await expect.poll(() => box.getAttribute("class")).not.toContain("pointed");
  await words.focus();
  await expect.poll(() => box.getAttribute("class")).toContain("pointed");
});

it("draws the tiles that the model sees, and says what they cost", async () => {
  const { page } = open;
  await page.getByRole("button", { name: "Show tiles" }).click();
  await page.getByRole("img", { name: "2 × 2 tiles and the whole picture: 5 tiles, 82 tokens" }).waitFor();
  await expect.poll(() => page.locator(".tile").count()).toBe(4);
  await page.getByLabel("Most tiles").fill("1");
  await page.getByRole("img", { name: "1 tile, 18 tokens" }).waitFor();
  await ask(page, "Is there a black square?");
  // Another cut of the picture is another picture to the model.
  await expect.poll(() => page.locator(".cost").last().textContent()).toContain("looked at 1 tile ");
  await page.getByLabel("Most tiles").fill("6");
});

it("stops, says so, and answers again", async () => {
  const { page } = open;
  // As many tiles as can be, so that there is something to stop.
  await page.getByLabel("Fewest tiles").fill("24");
  await page.getByLabel("Question", { exact: true }).fill("Describe this image.");
  await stopAsItBegins(page, "click");
  await page.keyboard.press("Enter");
  const last = page.locator(".turn").last();
  await last.getByText(/stopped/i).waitFor();
  await page.getByLabel("Fewest tiles").fill("1");
  await page.getByLabel("Most tiles").fill("6");
  await last.getByRole("button", { name: "Ask again" }).click();
  await page.locator(".turn").last().locator(".cost").waitFor();
  await expect
    .poll(() => page.locator(".turn").last().locator(".answer-text").textContent())
    .toMatch(/on a white background/);
});

it("shows tokens with what else could have stood there", async () => {
  const { page } = open;
  await page.getByRole("button", { name: "Tokens" }).click();
  const tokens = page.locator(".turn").last().getByRole("group").getByRole("button");
  const names = await tokens.evaluateAll((buttons) => buttons.map((button) => button.getAttribute("aria-label")));
  expect(names[0]).toMatch(/^A, \d/);
  await tokens.first().focus();
  await page.keyboard.press("ArrowRight");
  const rows = page.locator(".turn").last().locator("tbody tr");
  await expect.poll(() => rows.count()).toBe(5);
  const percents = await rows.locator("td:last-child").allTextContents();
  expect(percents[0]).toBe(names[1]!.split(", ").at(-1));
  await page.getByRole("button", { name: "Tokens" }).click();
});

it("edits a question, copies an answer, and keeps the conversation", async () => {
  const { page } = open;
  const first = page.locator(".turn").first();
  await first.getByRole("button", { name: "Edit the question" }).click();
  const field = page.getByLabel("Question", { exact: true });
  await expect.poll(() => field.inputValue()).toBe(QUESTIONS[0]);
  await field.fill("What is the background color?");
  await page.keyboard.press("Enter");
  await page.locator(".turn").nth(1).waitFor({ state: "detached" });
  await page.locator(".cost").waitFor();
  const answer = (await page.locator(".answer-text").textContent())!.trim();
  await page.getByRole("button", { name: "Copy the answer" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(answer);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save as Markdown" }).click(),
  ]);
  expect(readFileSync(await download.path(), "utf8")).toBe(
    `# A conversation with Demo model\n\n_Picture: shapes.png_\n\n**You:** What is the background color?\n\n**Demo model:** ${answer}\n`,
  );
});

it("says what is wrong with a file that is no picture, and goes on", async () => {
  const { page } = open;
  await page.getByRole("button", { name: "New" }).click();
  await page
    .getByLabel("Picture file")
    .setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("notes") });
  await page.getByLabel("Question", { exact: true }).fill("What is it?");
  await page.keyboard.press("Enter");
  await page.locator(".turn .problem").waitFor();
  await expect.poll(() => page.locator(".turn .problem").textContent()).toContain("Expected");
  await page.getByRole("button", { name: "New" }).click();
  await takeSample(page, "sign small");
  expect(await ask(page, "What is the word?")).toBe("PULL");
});

it("says what is wrong with a file that is no video", async () => {
  const { page } = open;
  await page.getByRole("button", { name: "New" }).click();
  await page
    .getByLabel("Picture file")
    .setInputFiles({ name: "film.mp4", mimeType: "video/mp4", buffer: Buffer.from("no film") });
  await page.locator(".timeline [role=alert]").waitFor();
  await expect.poll(() => page.locator(".timeline [role=alert]").textContent()).toContain("film.mp4");
  await expect.poll(() => page.getByRole("button", { name: "New" }).isEnabled()).toBe(true);
});

it("has asked no other server, and nothing has failed in the page", () => {
  expect([...open.hosts].filter((host) => host !== "")).toEqual([new URL(open.address).host]);
  expect(open.problems).toEqual([]);
});
