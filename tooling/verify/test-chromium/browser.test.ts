import { expect, test } from "vitest";
import { verifyInBrowser } from "../src/browser/verify.js";
import { ChangedFixtures } from "../test/changed-fixtures.js";

test("a wrong hash is a failure in the browser as well, and the rest passes", async () => {
  const fixtures = new ChangedFixtures(["images.json", "images", "chat.json"]);
  let file = "";
  fixtures.json("images.json", (json) => {
    json.images = json.images.slice(0, 2);
    delete json.images[1].decoded_png;
    delete json.images[0].decoded_png;
    file = json.images[1].file;
    json.images[1].rgb_sha256 = "0";
  });
  const ended: string[] = [];
  const [decode, video] = await verifyInBrowser(fixtures.directory, {
    groups: ["decode", "video"],
    onGroup: ({ group }) => ended.push(group),
  });
  fixtures.remove();
  expect(ended).toEqual(["decode", "video"]);
  expect(decode!.failures.map(({ check }) => check)).toEqual([`${file} rgb_sha256`]);
  expect(decode!.passed).toBe(9);
  expect(video).toMatchObject({ failed: 0, skipped: 0 });
  expect(video!.passed).toBeGreaterThan(0);
});

test("a group that there is not is refused", async () => {
  const fixtures = new ChangedFixtures(["chat.json"]);
  await expect(verifyInBrowser(fixtures.directory, { groups: ["none"] })).rejects.toMatchObject({
    code: "INPUT_INVALID",
  });
  fixtures.remove();
});
