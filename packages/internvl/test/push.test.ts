import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FakeHub, refuse, sha256 } from "../../runtime-node/test/hub/fake-hub.js";
import { built, DEMO, filesBelow, runNode, temporaryFolder } from "./workspace.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let program: string;
beforeAll(async () => {
  program = built("bin/convert.js");
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

function convert(hub: FakeHub, output: string, args: readonly string[], token = "hf_write") {
  const env = { HF_ENDPOINT: hub.endpoint, HF_HOME: folder.path, HF_TOKEN: token, HF_HUB_OFFLINE: "" };
  return runNode([program, "--input", DEMO, "--output_dir", output, "--no-verify", ...args], { env });
}

it("pushes what it has written, into a repository named like the folder", async () => {
  const hub = await FakeHub.start({});
  const output = join(folder.path, "demo-ONNX");
  const { code, stdout } = await convert(hub, output, ["--push_to_hub", "--private"]);
  expect(code).toBe(0);
  expect(stdout).toContain(`Pushed to ${hub.endpoint}/me/demo-ONNX`);
  const { files, private: isPrivate } = hub.repos.get("me/demo-ONNX")!;
  expect(isPrivate).toBe(true);
  expect([...files.keys()].map((path) => path.split("/").at(-1)).sort()).toEqual((await filesBelow(output)).sort());
  for (const [path, { bytes }] of files) expect(sha256(bytes)).toBe(sha256(await readFile(join(output, path))));

  // The list for pages, whose web server lists nothing.
  const listed = JSON.parse(await readFile(join(output, "files.json"), "utf8"));
  expect(listed).toEqual([...files.keys()].sort());

  // The same again: nothing differs, nothing is sent.
  const again = await convert(hub, output, ["--push_to_hub", "me/demo-ONNX", "--json"]);
  expect(JSON.parse(again.stdout)).toMatchObject({ output, pushed: { id: "me/demo-ONNX", stored: [], committed: [] } });
});

it("refuses a wrong token before it converts", async () => {
  const hub = await FakeHub.start({});
  const output = join(folder.path, "denied-ONNX");
  const { code, stderr } = await convert(hub, output, ["--push_to_hub", "me/model"], "hf_wrong");
  expect(code).toBe(1);
  expect(stderr).toContain("does not accept the token");
  expect(stderr).not.toContain("hf_wrong");
  expect(await filesBelow(output)).toEqual([]);
});

it("keeps the conversion when the push is refused, and says so", async () => {
  const hub = await FakeHub.start({});
  hub.fault = ({ url }, response) => url.endsWith("/objects/batch") && refuse(response, 403, undefined, "quota");
  const output = join(folder.path, "kept-ONNX");
  const { code, stderr } = await convert(hub, output, ["--push_to_hub", "me/model"]);
  expect(code).toBe(1);
  expect(stderr).toContain(`${output} was converted and not pushed`);
  expect(await filesBelow(output)).toContain("config.json");
});
