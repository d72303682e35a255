import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { temporaryFolder } from "../folder.js";
import { COMMIT, FakeHub, ID, noise, sha256 } from "./fake-hub.js";
import { openFake } from "./open-hub.js";

// The other side of the cache, by the library itself. Nobody needs it; `snapshot.test.ts` compares with a listing of its
// cache that is stored, in every run.
const script = fileURLToPath(new URL("../../../../tooling/reference/hub_cache.py", import.meta.url));
const python = process.env["INTERNVL_PYTHON"];
const found =
  python !== undefined && spawnSync(python, ["-c", "import huggingface_hub"], { timeout: 60_000 }).status === 0;
const reason = python === undefined ? "INTERNVL_PYTHON is not set" : `${python} has no huggingface_hub`;

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

interface Report {
  huggingface_hub: string;
  files: typeof EXPECTED;
  snapshot: string;
}

/** @throws with what the script says is wrong */
function runScript(args: readonly string[], cache: string): Promise<Report> {
  const env = { ...process.env, HF_HOME: cache, HF_TOKEN: "", NO_PROXY: "127.0.0.1" };
  const child = spawn(python!, [script, ...args, "--cache", cache, "--repo", ID, ...PATHS], { env });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(JSON.parse(stdout)) : reject(new Error(stderr))));
  });
}

it.runIf(found)("Python's huggingface_hub finds what we have downloaded, offline and without a warning", async () => {
  const hub = await FakeHub.start(FILES);
  const cache = await temporaryFolder();
  await (await openFake(hub, cache)).prefetch!(PATHS);
  hub.log.length = 0;
  const report = await runScript(["ours", "--endpoint", hub.endpoint], cache);
  expect(report.files).toEqual(EXPECTED);
  expect(report.snapshot.endsWith(COMMIT)).toBe(true);
  expect(hub.log).toEqual([]);
});

it.runIf(found)("we find, offline, what Python's huggingface_hub has downloaded", async () => {
  const hub = await FakeHub.start(FILES);
  const cache = await temporaryFolder();
  expect((await runScript(["theirs", "--endpoint", hub.endpoint], cache)).files).toEqual(EXPECTED);
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
