import { expect, it } from "vitest";
import { temporaryFolder } from "../folder.js";
import { COMMIT, FakeHub, ID, noise, sha256 } from "./fake-hub.js";
import { openFake } from "./open-hub.js";
import { found, reason, runScript } from "./python.js";

const FILES = {
  "config.json": { bytes: Buffer.from('{"model_type": "internvl_chat"}') },
  "model.safetensors": { bytes: noise(3_000_001), lfs: true },
  "onnx/a graph.onnx": { bytes: Buffer.from("graph") },
  "onnx/empty": { bytes: Buffer.alloc(0) },
};
const PATHS = Object.keys(FILES);
const EXPECTED = Object.fromEntries(
  Object.entries(FILES).map(([path, { bytes }]) => [path, { sha256: sha256(bytes), size: bytes.length }]),
);

it.runIf(found)("Python's huggingface_hub finds what we have downloaded, offline and without a warning", async () => {
  const hub = await FakeHub.start(FILES);
  const cache = await temporaryFolder();
  await (await openFake(hub, cache)).prefetch!(PATHS);
  hub.log.length = 0;
  const report = await runScript(["ours", "--repo", ID, "--endpoint", hub.endpoint, ...PATHS], cache);
  expect(report.files).toEqual(EXPECTED);
  expect(report.snapshot.endsWith(COMMIT)).toBe(true);
  expect(hub.log).toEqual([]);
});

it.runIf(found)("we find, offline, what Python's huggingface_hub has downloaded", async () => {
  const hub = await FakeHub.start(FILES);
  const cache = await temporaryFolder();
  expect((await runScript(["theirs", "--repo", ID, "--endpoint", hub.endpoint, ...PATHS], cache)).files).toEqual(
    EXPECTED,
  );
  hub.log.length = 0;
  const files = await openFake(hub, cache, { local_files_only: true });
  for (const [path, { bytes }] of Object.entries(FILES)) {
    expect(sha256(await files.read(path))).toBe(sha256(bytes));
  }
  expect(hub.log).toEqual([]);
});

it.runIf(!found)(`NOT CHECKED with Python's huggingface_hub, in either direction: ${reason}`, ({ annotate }) =>
  annotate(`Set INTERNVL_PYTHON to a Python that has huggingface_hub to check the cache with it: ${reason}`, "warning"),
);
