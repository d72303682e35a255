import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { get_index } from "internvl";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { VIDEOS } from "../../../packages/core/src/contract/video-data.js";
import { formatTime } from "../src/state/format.js";
import { ask, type OpenPage, openPage, sample, takeSample, waitUntilReady } from "./open-page.js";

/** H.265, which Chromium does not decode without hardware for it. */
const HEVC = fileURLToPath(new URL("../../../packages/runtime-web/test-browser/fixtures/hevc.mp4", import.meta.url));

let open: OpenPage;

beforeAll(async () => {
  open = await openPage({ flags: ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"] });
  await waitUntilReady(open.page);
});

beforeEach(async () => {
  const restart = open.page.getByRole("button", { name: "New", exact: false }).first();
  if (await restart.isEnabled()) await restart.click();
});

afterAll(() => open?.close());

it("takes a picture that is pasted", async () => {
  const { page } = open;
  const bytes = readFileSync(sample("sign-small.png")).toString("base64");
  await page.evaluate(async (base64) => {
    const clipboardData = new DataTransfer();
    const blob = await (await fetch(`data:image/png;base64,${base64}`)).blob();
    clipboardData.items.add(new File([blob], "pasted.png", { type: "image/png" }));
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
  }, bytes);
  expect(await ask(page, "What is the word?")).toBe("PULL");
});

it("takes a picture from the camera, and turns it off", async () => {
  const { page } = open;
  await page.getByRole("button", { name: "Camera" }).click();
  await page.getByRole("button", { name: "Take the picture" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await expect.poll(() => page.locator("figcaption").textContent()).toMatch(/^Camera\d+ × \d+$/);
  expect(await ask(page, "Describe this image.")).not.toBe("");
});

it("takes several pictures, shows each, and lets one be taken away", async () => {
  const { page } = open;
  await page
    .getByLabel("Picture file")
    .setInputFiles(["sign-small.png", "number-wide.png", "shapes-tall.png"].map(sample));
  await page.getByRole("button", { name: "Take shapes-tall.png away" }).click();
  await page.getByRole("button", { name: "Show sign-small.png" }).click();
  // The size is known once the browser has decoded it.
  await expect.poll(() => page.locator("figcaption").textContent()).toBe("sign-small.png112 × 112");
  await ask(page, "What do you see?");
  // One tile, then 3 × 2 tiles and the whole picture.
  await expect.poll(() => page.locator(".cost").textContent()).toContain("looked at 8 tiles");
});

it("shows the frames of a video that the model sees, and asks about them", async () => {
  const { page } = open;
  const { base64, sha256 } = VIDEOS.find(({ name }) => name === "H.264 in MP4")!;
  const file = { name: "film.mp4", mimeType: "video/mp4", buffer: Buffer.from(base64, "base64") };
  await page.getByLabel("Picture file").setInputFiles(file);
  const frames = page.getByRole("list", { name: "Frames" }).getByRole("listitem");
  await frames.nth(7).waitFor();
  await page.getByLabel("Frames that the model sees").fill("3");
  await page.getByText("3 frames, one tile each").waitFor();
  const indices = get_index(null, 25, sha256.length - 1, 0, 3);
  await expect.poll(() => frames.allTextContents()).toEqual(indices.map((index) => formatTime(index / 25)));
  await ask(page, "What do you see?");
  await expect.poll(() => page.locator(".cost").textContent()).toContain("looked at 3 tiles");
});

it("says which codec of a video the browser cannot decode, and goes on", async () => {
  const { page } = open;
  await page.getByLabel("Picture file").setInputFiles(HEVC);
  await page.getByText("This browser cannot decode hev1").waitFor();
  await page.getByRole("button", { name: "New" }).click();
  await takeSample(page, "sign small");
  expect(await ask(page, "What is the word?")).toBe("PULL");
  expect(open.problems).toEqual([]);
});
