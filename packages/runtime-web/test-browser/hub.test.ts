import type { HubOptions, ModelFiles, ProgressInfo } from "@internvl/core";
import { createWebFiles, deleteStoredModel, listStoredModels, type WebFilesOptions } from "@internvl/runtime-web";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { answerBytes, pieces } from "./answer.js";
import { COMMIT, FakeHub, ID, noise } from "./fake-hub.js";

const CONFIG = new TextEncoder().encode('{"model_type": "internvl_chat"}');
const WEIGHTS = noise(20_500, 1);
const PART = 4096;
const PARTS = Math.ceil(WEIGHTS.length / PART);
const PATH = "onnx/model.onnx_data";

let hub: FakeHub;

beforeEach(async () => {
  await forget();
  hub = new FakeHub({ "config.json": CONFIG, [PATH]: WEIGHTS });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await forget();
});

/** What a reload leaves of a store: nothing but what it has written. */
function open(call: HubOptions = {}, store: WebFilesOptions = {}): Promise<ModelFiles> {
  return createWebFiles({ fetch: hub.fetch, partBytes: PART, retryDelay: 1, ...store }).open(ID, call);
}

describe("a model on the Hub", () => {
  it("costs one request to open, and is listed at its commit", async () => {
    const files = await open();
    expect(await files.list()).toEqual(["config.json", PATH]);
    expect(await files.size(PATH)).toBe(WEIGHTS.length);
    expect(await files.has("other")).toBe(false);
    expect(files.version).toBe(`${ID}@${COMMIT}`);
    expect(hub.log.length).toBe(1);
  });

  it("is fetched once, in parts, and read from the store from then on", async () => {
    expect(await (await open()).read(PATH)).toEqual(WEIGHTS);
    expect(hub.bodies.length).toBe(PARTS);
    const again = await open();
    expect(await again.readRange(PATH, PART - 2, PART + 3)).toEqual(WEIGHTS.subarray(PART - 2, PART + 3));
    expect(await (await again.blob!(PATH)).slice(5, 9).bytes()).toEqual(WEIGHTS.subarray(5, 9));
    expect(hub.bodies.length).toBe(PARTS);
  });

  it("puts the parts of a file together once, however many ranges are read", async () => {
    const files = await open();
    await files.readRange(PATH, 0, 8);
    const lookups = vi.spyOn(FileSystemDirectoryHandle.prototype, "getFileHandle");
    expect(await files.readRange(PATH, 8, 10)).toEqual(WEIGHTS.subarray(8, 10));
    expect(lookups).not.toHaveBeenCalled();
  });

  it("opens a file for ranges once it is here, whole", async () => {
    const ranges = await (await open()).openRanges!(PATH);
    expect(hub.bodies.length).toBe(PARTS);
    const [border, last] = [PART - 2, WEIGHTS.length - 1];
    const bytes = await ranges.read([
      { start: border, end: border + 5 },
      { start: last, end: last + 1 },
    ]);
    expect([...bytes]).toEqual([...WEIGHTS.subarray(border, border + 5), WEIGHTS[last]]);
    expect(hub.bodies.length).toBe(PARTS);
  });

  it("shows one progress for all that is fetched together", async () => {
    const reports: ProgressInfo[] = [];
    const total = CONFIG.length + WEIGHTS.length;
    await (await open()).prefetch!(["config.json", PATH], { progress_callback: (info) => reports.push(info) });
    expect(reports.findLast(({ stage }) => stage === "download")).toMatchObject({ name: ID, loaded: total, total });
    expect(reports.findLast(({ stage }) => stage === "verify")).toMatchObject({ name: PATH, loaded: WEIGHTS.length });
  });

  it("can be a folder of it, at a revision", async () => {
    const files = await open({ subfolder: "onnx", revision: "v1.0" });
    expect(files.name).toBe(`${ID}@v1.0`);
    expect(await files.list()).toEqual(["model.onnx_data"]);
    expect(await files.read("model.onnx_data")).toEqual(WEIGHTS);
  });

  it("gets the token, and nobody sees one that is none", async () => {
    await (await open({ token: "hf_secret" })).read("config.json");
    expect(hub.log.map(({ authorization }) => authorization)).toEqual(["Bearer hf_secret", "Bearer hf_secret"]);
    const error = await open({ token: "hf secret" }).catch((reason) => reason);
    expect(error.code).toBe("INPUT_INVALID");
    expect(error.message).not.toContain("hf secret");
  });

  it("needs no network for what is stored", async () => {
    await expect(open({ local_files_only: true })).rejects.toMatchObject({ code: "OFFLINE" });
    await (await open()).read("config.json");
    hub.fault = () => Promise.reject(new TypeError("Failed to fetch"));
    const files = await open();
    expect(await files.read("config.json")).toEqual(CONFIG);
    const local = await open({ local_files_only: true });
    await expect(local.read(PATH)).rejects.toMatchObject({ code: "OFFLINE" });
    expect(hub.bodies.length).toBe(1);
  });

  it("is not waited for where the browser knows that there is no network", async () => {
    await (await open()).read("config.json");
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    let tries = 0;
    hub.fault = () => {
      tries += 1;
      return Promise.reject(new TypeError("Failed to fetch"));
    };
    const files = await open({}, { retryDelay: 60_000 });
    expect(await files.read("config.json")).toEqual(CONFIG);
    await expect(files.read(PATH)).rejects.toMatchObject({ code: "HUB_UNAVAILABLE" });
    // Once for the listing, and once for each of the parts that are fetched side by side.
    expect(tries).toBeLessThanOrEqual(1 + 4);
  });
});

describe("an interrupted download", () => {
  it("goes on after a reload with the parts that are missing", async () => {
    hub.fault = ({ range }) => (range?.startsWith("bytes=8192-") ? Promise.reject(new TypeError("gone")) : undefined);
    await expect((await open({}, { retries: 0, connections: 1 })).read(PATH)).rejects.toMatchObject({
      code: "HUB_UNAVAILABLE",
    });
    hub.fault = () => undefined;
    hub.log.length = 0;
    expect(await (await open()).read(PATH)).toEqual(WEIGHTS);
    expect(hub.bodies.map(({ range }) => range).sort()).toEqual([
      "bytes=12288-16383",
      "bytes=16384-20479",
      "bytes=20480-20499",
      "bytes=8192-12287",
    ]);
  });

  it("keeps no half of a part, and says the right sum all the same", async () => {
    let cuts = 0;
    hub.fault = ({ range }) =>
      range?.startsWith("bytes=4096-") && cuts++ === 0
        ? new Response(pieces(WEIGHTS.subarray(4096, 8192), 2), { status: 206 })
        : undefined;
    const reports: ProgressInfo[] = [];
    const files = await open();
    expect(await files.read(PATH, { progress_callback: (info) => reports.push(info) })).toEqual(WEIGHTS);
    expect(hub.bodies.length).toBe(PARTS + 1);
    expect(reports.findLast(({ stage }) => stage === "download")?.loaded).toBe(WEIGHTS.length);
    expect(Math.max(...reports.map(({ loaded }) => loaded))).toBe(WEIGHTS.length);
  });

  it("comes in one stream from a server without ranges, and takes up there as well", async () => {
    hub.ranges = false;
    let cuts = 0;
    hub.fault = ({ path }) => (path.endsWith(PATH) && cuts++ === 0 ? new Response(pieces(WEIGHTS, 10)) : undefined);
    expect(await (await open()).read(PATH)).toEqual(WEIGHTS);
    expect(hub.bodies.length).toBe(2);
  });

  it("is tried again after a silence, and after 429 as late as the server asks", async () => {
    const faults: (Response | "silence")[] = [
      new Response(null, { status: 429, headers: { "retry-after": "0" } }),
      "silence",
    ];
    hub.fault = ({ path }, signal) => {
      const fault = path.endsWith("config.json") ? faults.shift() : undefined;
      if (fault !== "silence") return fault;
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    expect(await (await open({}, { idleTimeout: 20 })).read("config.json")).toEqual(CONFIG);
    expect(hub.bodies.length).toBe(3);
  });

  it("stops at once when it is told to", async () => {
    const controller = new AbortController();
    hub.fault = (_, signal) => {
      if (hub.bodies.length < 2) return undefined;
      controller.abort();
      signal.throwIfAborted();
    };
    const reading = (await open()).read(PATH, { signal: controller.signal });
    await expect(reading).rejects.toMatchObject({ code: "ABORTED", name: "AbortError" });
  });

  it("is one for two that want the same", async () => {
    const [a, b] = [await open(), await open()];
    expect(await Promise.all([a.read(PATH), b.read(PATH)])).toEqual([WEIGHTS, WEIGHTS]);
    expect(hub.bodies.length).toBe(PARTS);
  });
});

describe("content that is not what the Hub says", () => {
  const wrong = (times: number) => {
    let left = times;
    hub.fault = ({ path }) =>
      path.endsWith("config.json") && left-- > 0
        ? answerBytes(
            CONFIG.map((byte) => byte ^ 1),
            {},
          )
        : undefined;
  };

  it("is fetched once more", async () => {
    wrong(1);
    expect(await (await open()).read("config.json")).toEqual(CONFIG);
  });

  it("is refused the second time, and nothing of it is kept", async () => {
    wrong(2);
    const files = await open();
    await expect(files.read("config.json")).rejects.toMatchObject({ code: "FILE_INVALID" });
    expect(await files.read("config.json")).toEqual(CONFIG);
  });

  it("is refused when a listing leads out of its folder or says too little", async () => {
    const [sibling] = (await hub.listing()).siblings;
    for (const changed of [{ rfilename: "../x" }, { size: undefined }, { blobId: undefined }]) {
      hub.fault = () => Response.json({ sha: COMMIT, siblings: [{ ...sibling, ...changed }] });
      await expect(open()).rejects.toMatchObject({ code: "FILE_INVALID" });
    }
    hub.fault = () => new Response("<html>");
    await expect(open()).rejects.toMatchObject({ code: "FILE_INVALID" });
  });
});

describe("room", () => {
  it("is asked for before the first byte", async () => {
    vi.spyOn(navigator.storage, "estimate").mockResolvedValue({ quota: 30_000, usage: 10_000 });
    const error = await (await open()).read(PATH).catch((reason) => reason);
    expect(error.code).toBe("FILE_WRITE_FAILED");
    expect(error.message).toContain("20500 bytes");
    expect(error.message).toContain("20000 of 30000");
    expect(hub.bodies).toEqual([]);
  });

  it("that ends in the middle is an error that says what to do", async () => {
    const files = await open();
    const write = vi.spyOn(FileSystemWritableFileStream.prototype, "write");
    write.mockRejectedValue(new DOMException("full", "QuotaExceededError"));
    for (const attempt of [() => files.read("config.json"), () => open({ revision: "next" })]) {
      await expect(attempt()).rejects.toMatchObject({
        code: "FILE_WRITE_FAILED",
        message: expect.stringContaining("deleteStoredModel"),
      });
    }
    write.mockRestore();
    // Nothing is left locked.
    expect(await files.read("config.json")).toEqual(CONFIG);
  });

  it("is seen and given back, but for what another model shares", async () => {
    await (await open()).prefetch!(["config.json", PATH]);
    hub.files.set("config.json", noise(50, 2));
    hub.commit = COMMIT.replace("0", "f");
    await (await open({ revision: "next" })).read("config.json");
    const bytes = WEIGHTS.length + CONFIG.length;
    expect(await listStoredModels()).toEqual([
      { id: ID, revision: "main", commit: COMMIT, bytes },
      { id: ID, revision: "next", commit: hub.commit, bytes: WEIGHTS.length + 50 },
    ]);
    await deleteStoredModel(ID, { revision: "main" });
    expect(await listStoredModels()).toMatchObject([{ revision: "next", bytes: WEIGHTS.length + 50 }]);
    const blobs = await (await navigator.storage.getDirectory()).getDirectoryHandle("internvl");
    let kept = 0;
    for await (const _ of (await blobs.getDirectoryHandle("blobs")).keys()) kept += 1;
    expect(kept).toBe(2);
    await deleteStoredModel(ID);
    expect(await listStoredModels()).toEqual([]);
  });
});

describe("answers that refuse", () => {
  const cases: [string, number, string | undefined, HubOptions, string, RegExp][] = [
    ["a model that does not exist", 404, "RepoNotFound", {}, "FILE_NOT_FOUND", /no model "OpenGVLab/],
    ["a revision that does not exist", 404, "RevisionNotFound", {}, "FILE_NOT_FOUND", /no revision "main"/],
    ["a gated model", 403, "GatedRepo", { token: "hf_x" }, "HUB_DENIED", /Ask for access/],
    ["a private model", 401, undefined, {}, "HUB_DENIED", /pass the option token/],
    ["a token that is not valid", 401, undefined, { token: "hf_x" }, "HUB_DENIED", /does not accept the token/],
    ["anything else", 418, undefined, {}, "HUB_UNAVAILABLE", /status 418/],
  ];
  it.each(cases)("say what is wrong: %s", async (_, status, code, call, expected, message) => {
    hub.fault = () => new Response(null, { status, headers: code === undefined ? {} : { "x-error-code": code } });
    await expect(open(call)).rejects.toMatchObject({ code: expected, message: expect.stringMatching(message) });
  });

  it("name a file that is not in the model", async () => {
    await expect((await open()).read("other.json")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await expect((await open()).prefetch!(["config.json", "other.json"])).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringContaining("other.json"),
    });
    await expect(open({ subfolder: "no" })).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });
});

async function forget(): Promise<void> {
  for (const { id } of await listStoredModels()) await deleteStoredModel(id);
}
