import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProgressInfo } from "@internvl/core";
import { createNodeFiles } from "@internvl/runtime-node";
import { expect, it } from "vitest";
import expected from "../fixtures/hub-cache.json" with { type: "json" };
import { temporaryFolder } from "../folder.js";
import { COMMIT, FakeHub, ID, noise, sha256 } from "./fake-hub.js";
import { layoutOf, openFake, quick } from "./open-hub.js";

const CONFIG = Buffer.from('{"model_type": "internvl_chat"}');
const WEIGHTS = noise(3_000_001);
const FILES = {
  "config.json": { bytes: CONFIG },
  "model.safetensors": { bytes: WEIGHTS, lfs: true },
  "onnx/a graph#1.onnx": { bytes: Buffer.from("graph") },
  "onnx/empty": { bytes: Buffer.alloc(0) },
};
const ROOT = "models--OpenGVLab--InternVL2_5-1B";

it("lists without fetching, and fetches what is read", async () => {
  const hub = await FakeHub.start(FILES);
  const files = await openFake(hub, await temporaryFolder());
  expect(files.name).toBe(ID);
  expect(await files.list()).toEqual(["config.json", "model.safetensors", "onnx/a graph#1.onnx", "onnx/empty"]);
  expect(await files.size("model.safetensors")).toBe(WEIGHTS.length);
  expect(await files.has("onnx/empty")).toBe(true);
  expect(await files.has("onnx")).toBe(false);
  expect(hub.log).toHaveLength(1);

  expect(sha256(await files.read("model.safetensors"))).toBe(sha256(WEIGHTS));
  expect(Buffer.from(await files.readRange("model.safetensors", 65_535, 65_545))).toEqual(
    WEIGHTS.subarray(65_535, 65_545),
  );
  expect(new TextDecoder().decode(await files.read("onnx/a graph#1.onnx"))).toBe("graph");
  expect(await files.read("onnx/empty")).toHaveLength(0);
  expect(hub.bodies).toHaveLength(1);
  expect(sha256(await readFile(files.localPath!("model.safetensors")))).toBe(sha256(WEIGHTS));
});

it("leaves the cache as huggingface_hub leaves it", async () => {
  const files = Object.entries(expected.files).map(([path, { text, lfs }]) => [
    path,
    { bytes: Buffer.from(text), lfs },
  ]);
  const hub = await FakeHub.start(Object.fromEntries(files));
  const cache = await temporaryFolder();
  await (await openFake(hub, cache, { revision: "v1.0" })).prefetch!(Object.keys(expected.files));
  await (await openFake(hub, cache)).has("chat_template.jinja");
  expect(await layoutOf(cache)).toEqual([...expected.layout].sort());
  const content = (path: string) => readFile(join(cache, ROOT, path), "utf8");
  expect({ main: await content("refs/main"), "v1.0": await content("refs/v1.0") }).toEqual(expected.refs);
  expect(await content(`trees/${COMMIT}.json`)).toBe(expected.tree);
});

it("keeps the cache where the environment says", async () => {
  const hub = await FakeHub.start(FILES);
  const home = await temporaryFolder();
  const environment: Record<string, string> = {
    HOME: home,
    XDG_CACHE_HOME: "~/xdg",
    HF_HOME: "$HOME/hf",
    HUGGINGFACE_HUB_CACHE: "~/old",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as a shell would write it
    HF_HUB_CACHE: "${HOME}/new",
  };
  const folders = {
    HF_HUB_CACHE: "new",
    HUGGINGFACE_HUB_CACHE: "old",
    HF_HOME: "hf/hub",
    XDG_CACHE_HOME: "xdg/huggingface/hub",
  };
  for (const [variable, folder] of Object.entries({ ...folders, none: ".cache/huggingface/hub" })) {
    const files = await createNodeFiles(quick(hub, { environment })).open(ID);
    expect(files.localPath!("config.json")).toBe(join(home, folder, ROOT, "snapshots", COMMIT, "config.json"));
    delete environment[variable];
  }
});

it("makes files where links are switched off", async () => {
  const hub = await FakeHub.start(FILES);
  const cache = await temporaryFolder();
  const environment = { HF_HUB_DISABLE_SYMLINKS: "1" };
  const files = await openFake(hub, cache, {}, { environment });
  expect(Buffer.from(await files.read("config.json"))).toEqual(CONFIG);
  expect(await layoutOf(cache)).toContain(`${ROOT}/snapshots/${COMMIT}/config.json`);
});

it("finds what huggingface_hub has put there, with and without its listing", async () => {
  const hub = await FakeHub.start(FILES);
  const cache = await temporaryFolder();
  await (await openFake(hub, cache)).prefetch!(["config.json", "model.safetensors"]);
  await rm(join(cache, ROOT, "trees"), { recursive: true });
  hub.log.length = 0;

  const offline = await openFake(hub, cache, { local_files_only: true });
  expect(await offline.list()).toEqual(["config.json", "model.safetensors"]);
  expect(Buffer.from(await offline.read("config.json"))).toEqual(CONFIG);
  expect(await offline.size("model.safetensors")).toBe(WEIGHTS.length);
  await expect(offline.read("onnx/empty")).rejects.toMatchObject({ code: "OFFLINE" });
  expect(hub.log).toEqual([]);

  const online = await openFake(hub, cache);
  expect(sha256(await online.read("model.safetensors"))).toBe(sha256(WEIGHTS));
  expect(hub.log).toHaveLength(1);
});

it("asks nothing at a second start that is offline, by name or by commit", async () => {
  const hub = await FakeHub.start(FILES);
  const cache = await temporaryFolder();
  const first = await openFake(hub, cache);
  await first.prefetch!(["config.json", "model.safetensors"]);
  const all = await first.list();
  hub.log.length = 0;
  for (const name of ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]) {
    const files = await openFake(hub, cache, {}, { environment: { [name]: "1" } });
    expect(await files.list()).toEqual(all);
    expect(sha256(await files.read("model.safetensors"))).toBe(sha256(WEIGHTS));
    await expect(files.read("onnx/empty")).rejects.toMatchObject({
      code: "OFFLINE",
      message: expect.stringContaining(name),
    });
    await expect(files.read("nothing")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  }
  const byCommit = await openFake(hub, cache, { revision: COMMIT });
  expect(Buffer.from(await byCommit.read("config.json"))).toEqual(CONFIG);
  expect(byCommit.name).toBe(`${ID}@${COMMIT}`);
  expect(hub.log).toEqual([]);
});

it("goes on with what it has when the Hub is down", async () => {
  const hub = await FakeHub.start(FILES);
  const cache = await temporaryFolder();
  await (await openFake(hub, cache)).prefetch!(["config.json"]);
  await hub.stop();
  const files = await openFake(hub, cache);
  expect(Buffer.from(await files.read("config.json"))).toEqual(CONFIG);
  await expect(files.read("model.safetensors")).rejects.toMatchObject({ code: "HUB_UNAVAILABLE" });
});

it("says what is missing offline", async () => {
  const hub = await FakeHub.start(FILES);
  const opening = openFake(hub, await temporaryFolder(), { local_files_only: true });
  await expect(opening).rejects.toMatchObject({ code: "OFFLINE", message: expect.stringContaining(ID) });
  expect(hub.log).toEqual([]);
});

it("fetches a blob once, whatever the names and revisions it has", async () => {
  const hub = await FakeHub.start({ ...FILES, "copy.safetensors": FILES["model.safetensors"] });
  const cache = await temporaryFolder();
  const files = await openFake(hub, cache);
  await files.prefetch!(["copy.safetensors", "model.safetensors"]);
  expect(hub.bodies).toHaveLength(1);
  await rm(join(cache, ROOT, "snapshots"), { recursive: true });
  expect(sha256(await files.read("copy.safetensors"))).toBe(sha256(WEIGHTS));
  expect(hub.bodies).toHaveLength(1);
});

it("fetches a file again whose copy in the cache was cut off", async () => {
  const hub = await FakeHub.start(FILES);
  const cache = await temporaryFolder();
  const files = await openFake(hub, cache);
  await files.read("model.safetensors");
  await writeFile(join(cache, ROOT, "blobs", sha256(WEIGHTS)), WEIGHTS.subarray(0, 1000));
  const offline = await openFake(hub, cache, { local_files_only: true });
  await expect(offline.read("model.safetensors")).rejects.toMatchObject({ code: "FILE_INVALID" });
  expect(sha256(await files.read("model.safetensors"))).toBe(sha256(WEIGHTS));
});

it("opens a folder of the model", async () => {
  const hub = await FakeHub.start(FILES);
  const cache = await temporaryFolder();
  const files = await openFake(hub, cache, { subfolder: "onnx" });
  expect(await files.list()).toEqual(["a graph#1.onnx", "empty"]);
  expect(new TextDecoder().decode(await files.read("a graph#1.onnx"))).toBe("graph");
  await expect(openFake(hub, cache, { subfolder: "other" })).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  await expect(openFake(hub, cache, { subfolder: "../x" })).rejects.toMatchObject({ code: "FILE_INVALID" });
  await expect(openFake(hub, cache, { revision: "../x" })).rejects.toMatchObject({ code: "FILE_INVALID" });
});

it("prefers a directory, and never takes a relative path for an id", async () => {
  const hub = await FakeHub.start(FILES);
  const store = createNodeFiles(quick(hub));
  const folder = await temporaryFolder();
  expect((await store.open(folder)).name).toBe(folder);
  for (const model of [`./${ID}`, `../${ID}`, "~/nowhere/at-all", "/nowhere", "a/b/c", "a--b/c", "..x", "a b"]) {
    await expect(store.open(model, { cache_dir: folder })).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  }
  expect(hub.log).toEqual([]);
});

it("tells of bytes and rate, one total for all files", async () => {
  const hub = await FakeHub.start(FILES);
  hub.pause = 3;
  const reports: ProgressInfo[] = [];
  const progress_callback = (info: ProgressInfo) => void reports.push(info);
  const files = await openFake(hub, await temporaryFolder(), { progress_callback });
  await files.prefetch!(["config.json", "model.safetensors"]);
  const total = CONFIG.length + WEIGHTS.length;
  const downloads = reports.filter(({ stage }) => stage === "download");
  expect(downloads.every((report) => report.name === ID && report.total === total && report.unit === "bytes")).toBe(
    true,
  );
  expect(downloads.at(-1)).toMatchObject({ loaded: total, rate: expect.any(Number) });
  expect(downloads.map(({ loaded }) => loaded)).toEqual(
    [...downloads].map(({ loaded }) => loaded).sort((a, b) => a - b),
  );
  expect(downloads.length).toBeGreaterThan(1);
  expect(downloads.length).toBeLessThan(WEIGHTS.length / 65536 / 2);
  expect(reports).toContainEqual(
    expect.objectContaining({
      stage: "verify",
      name: "model.safetensors",
      loaded: WEIGHTS.length,
      total: WEIGHTS.length,
    }),
  );
});

it("fetches a large file over several connections", async () => {
  const hub = await FakeHub.start(FILES);
  const files = await openFake(hub, await temporaryFolder(), {}, { parallelFrom: 1_000_000, connections: 4 });
  expect(sha256(await files.read("model.safetensors"))).toBe(sha256(WEIGHTS));
  const ranges = hub.bodies.map(({ range }) => range).sort();
  expect(ranges).toEqual(["bytes=0-1048575", "bytes=1048576-2097151", "bytes=2097152-3000000"]);
});
