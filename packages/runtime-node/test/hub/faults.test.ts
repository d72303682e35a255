import { type FileHandle, open, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createNodeFiles } from "@internvl/runtime-node";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { temporaryFolder } from "../folder.js";
import { COMMIT, FakeHub, type Fault, ID, noise, refuse, sha256 } from "./fake-hub.js";
import { openFake, quick } from "./open-hub.js";

const WEIGHTS = noise(3_000_001);
const HASH = sha256(WEIGHTS);
const FILES = {
  "config.json": { bytes: Buffer.from("{}") },
  "model.safetensors": { bytes: WEIGHTS, lfs: true },
};
const BLOBS = "models--OpenGVLab--InternVL2_5-1B/blobs";
const PARALLEL = { parallelFrom: 1_000_000, connections: 3 };

async function setUp(fault: Fault = () => {}, store = {}) {
  const hub = await FakeHub.start(FILES);
  hub.fault = fault;
  const cache = await temporaryFolder();
  return { hub, cache, open: (options = {}) => openFake(hub, cache, options, store) };
}

describe("what the Hub refuses", () => {
  it("a model that does not exist: names folder and id", async () => {
    const { hub, cache } = await setUp();
    const opening = createNodeFiles(quick(hub)).open("OpenGVLab/InternVL9", { cache_dir: cache });
    await expect(opening).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringContaining("OpenGVLab/InternVL9"),
    });
    expect(hub.log).toHaveLength(1);
  });

  it("a revision that does not exist", async () => {
    const { hub, open } = await setUp();
    await expect(open({ revision: "v9" })).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringContaining('no revision "v9"'),
    });
    expect(hub.log).toHaveLength(1);
  });

  it("a file that does not exist, in the listing or behind it", async () => {
    const { open } = await setUp(({ url }, response) => {
      if (url.includes("/resolve/")) refuse(response, 404, "EntryNotFound");
    });
    const files = await open();
    await expect(files.read("no.json")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await expect(files.read("config.json")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });

  it("a gated model: where to ask, without trying again", async () => {
    const { hub, open } = await setUp(({ url }, response) => {
      if (url.includes("/resolve/")) refuse(response, 403, "GatedRepo", "Access to model is restricted");
    });
    await expect((await open()).read("config.json")).rejects.toMatchObject({
      code: "HUB_DENIED",
      message: expect.stringContaining(`${hub.endpoint}/${ID}`),
    });
    expect(hub.log).toHaveLength(2);
  });

  it("a private model, and a token that is not valid; the token is in no message", async () => {
    const { hub, open } = await setUp((_, response) => refuse(response, 401));
    await expect(open()).rejects.toMatchObject({ code: "HUB_DENIED", message: expect.stringContaining("HF_TOKEN") });
    const error = await open({ token: "hf_secret" }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "HUB_DENIED", message: expect.stringContaining("does not accept the token") });
    expect(error.message).not.toContain("hf_secret");
    await expect(open({ token: "hf_a b" })).rejects.toMatchObject({ code: "INPUT_INVALID" });
    expect(hub.log).toHaveLength(2);
  });
});

describe("the token", () => {
  it("goes to the Hub with each request and never to another host", async () => {
    const { hub, open } = await setUp();
    const files = await open({ token: "hf_secret" });
    await files.read("model.safetensors");
    expect(hub.bodies).toHaveLength(1);
    for (const { server, authorization } of hub.log) {
      expect(authorization).toBe(server === "hub" ? "Bearer hf_secret" : undefined);
    }
  });

  it("stays behind when another host redirects back to the Hub", async () => {
    const { hub, open } = await setUp(({ server, url }, response) => {
      if (server === "cdn") response.writeHead(307, { Location: `${hub.endpoint}/back` }).end();
      else if (url === "/back") response.end(WEIGHTS);
    });
    const files = await open({ token: "hf_secret" });
    expect(sha256(await files.read("model.safetensors"))).toBe(HASH);
    expect(hub.log.filter(({ url }) => url === "/back").map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it("comes from the option, HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH, HF_HOME, in this order", async () => {
    const hub = await FakeHub.start(FILES);
    const folder = await temporaryFolder();
    await writeFile(join(folder, "token"), "hf_home\n");
    await writeFile(join(folder, "named"), "hf_file\n");
    const environment: Record<string, string> = {
      HF_TOKEN: "hf_variable",
      HUGGING_FACE_HUB_TOKEN: "hf_old",
      HF_TOKEN_PATH: join(folder, "named"),
      HF_HOME: folder,
    };
    const sent = async (token?: string) => {
      await openFake(hub, folder, { token }, { environment });
      return hub.log.at(-1)?.authorization;
    };
    expect(await sent("hf_option")).toBe("Bearer hf_option");
    for (const [variable, token] of Object.entries({
      HF_TOKEN: "hf_variable",
      HUGGING_FACE_HUB_TOKEN: "hf_old",
      HF_TOKEN_PATH: "hf_file",
      HF_HOME: "hf_home",
    })) {
      expect(await sent()).toBe(`Bearer ${token}`);
      delete environment[variable];
    }
  });
});

describe("what passes is tried again", () => {
  it("429 with Retry-After, 500, 503, then an answer", async () => {
    const statuses = [429, 500, 503];
    const { hub, open } = await setUp((_, response) => {
      const status = statuses.shift();
      if (status === undefined) return;
      response.setHeader("Retry-After", "0");
      refuse(response, status);
    });
    expect((await open()).name).toBe(ID);
    expect(hub.log).toHaveLength(4);
  });

  it("gives up after the retries, with the status", async () => {
    const { hub, open } = await setUp((_, response) => refuse(response, 503), { retries: 2 });
    await expect(open()).rejects.toMatchObject({ code: "HUB_UNAVAILABLE", message: expect.stringContaining("503") });
    expect(hub.log).toHaveLength(3);
  });

  for (const [name, store] of [
    ["one connection", {}],
    ["several", PARALLEL],
  ] as const) {
    it(`a body that is cut again and again goes on where it was: ${name}`, async () => {
      let cuts = 0;
      const { hub, open } = await setUp(({ server, range }, response) => {
        if (server !== "cdn" || cuts >= 10) return;
        cuts += 1;
        const start = Number(/=(\d+)/.exec(range ?? "=0")?.[1]);
        const end = Number(/-(\d+)/.exec(range ?? "")?.[1] ?? WEIGHTS.length - 1);
        response.setHeader("Content-Length", end + 1 - start);
        response.setHeader("Content-Range", `bytes ${start}-${end}/${WEIGHTS.length}`);
        response.writeHead(range === undefined ? 200 : 206);
        response.write(WEIGHTS.subarray(start, Math.min(end + 1, start + 100_000)), () => response.destroy());
      }, store);
      expect(sha256(await (await open()).read("model.safetensors"))).toBe(HASH);
      expect(cuts).toBe(10);
      const starts = hub.bodies.map(({ range }) => range);
      expect(new Set(starts).size).toBe(starts.length);
    });
  }

  it("a connection that falls silent", async () => {
    let silent = true;
    const { open } = await setUp(
      ({ server }, response) => {
        if (server !== "cdn" || !silent) return;
        silent = false;
        response.writeHead(200, { "Content-Length": WEIGHTS.length });
        response.write(WEIGHTS.subarray(0, 1000));
      },
      { idleTimeout: 300 },
    );
    expect(sha256(await (await open()).read("model.safetensors"))).toBe(HASH);
  });

  it("a server that ignores ranges sends the whole", async () => {
    const { hub, open } = await setUp(undefined, PARALLEL);
    hub.ranges = false;
    expect(sha256(await (await open()).read("model.safetensors"))).toBe(HASH);
    expect(hub.bodies.at(-1)?.range).toBeUndefined();
  });
});

describe("what is wrong", () => {
  it("content that differs is fetched twice and refused; nothing of it stays", async () => {
    const wrong = Buffer.from(WEIGHTS);
    wrong[1_500_000]! ^= 1;
    const { hub, cache, open } = await setUp(({ server }, response) => {
      if (server === "cdn") response.end(wrong);
    });
    await expect((await open()).read("model.safetensors")).rejects.toMatchObject({
      code: "FILE_INVALID",
      message: expect.stringContaining(HASH),
    });
    expect(hub.bodies).toHaveLength(2);
    expect(await readdir(join(cache, BLOBS))).toEqual([]);
  });

  it("content that differs once is fetched again", async () => {
    let first = true;
    const { hub, open } = await setUp(({ server }, response) => {
      if (server !== "cdn" || !first) return;
      first = false;
      response.end(Buffer.alloc(WEIGHTS.length));
    });
    expect(sha256(await (await open()).read("model.safetensors"))).toBe(HASH);
    expect(hub.bodies).toHaveLength(2);
  });

  it("a small file whose content is not that of its git hash", async () => {
    const { open } = await setUp(({ method, url }, response) => {
      if (method === "GET" && url.endsWith("config.json")) response.end("[]");
    });
    await expect((await open()).read("config.json")).rejects.toThrow("git-sha1");
  });

  it("sizes that do not match: listing and file, file and body", async () => {
    const listed = await setUp(({ url }, response) => {
      if (!url.startsWith("/api/")) return;
      const listing = listed.hub.listing();
      listing.siblings[1]!["size"] = 5;
      response.end(JSON.stringify(listing));
    });
    await expect((await listed.open()).read("model.safetensors")).rejects.toThrow("Expected 5 bytes, got 3000001");
    const sent = await setUp(({ server }, response) => {
      if (server === "cdn") response.end("too short");
    });
    await expect((await sent.open()).read("model.safetensors")).rejects.toMatchObject({ code: "FILE_INVALID" });
    const chunked = await setUp(({ server }, response) => {
      if (server !== "cdn") return;
      response.write(WEIGHTS);
      response.end("and more");
    });
    await expect((await chunked.open()).read("model.safetensors")).rejects.toThrow("More of model.safetensors");
  });

  it("listings that are none, or leave the folder, and etags that do", async () => {
    for (const body of [
      "<html>",
      "[]",
      '{"sha": "x"}',
      `{"sha": "${COMMIT}"}`,
      `{"sha": "${COMMIT}", "siblings": [1]}`,
    ]) {
      const { open } = await setUp((_, response) => void response.end(body));
      await expect(open()).rejects.toMatchObject({ code: "FILE_INVALID" });
    }
    for (const rfilename of ["../evil", "/etc/passwd", "a/../../b", "C:\\x", "a\0b"]) {
      const { open } = await setUp((_, response) => {
        response.end(JSON.stringify({ sha: COMMIT, siblings: [{ rfilename, size: 1 }] }));
      });
      await expect(open()).rejects.toThrow("outside of its folder");
    }
    const { open } = await setUp(({ method }, response) => {
      if (method !== "HEAD") return;
      response.setHeader("ETag", '"../../evil"');
      response.setHeader("X-Linked-Size", "2");
      response.end();
    });
    await expect((await open()).read("config.json")).rejects.toThrow("etag");
  });

  it("too many redirects, and redirects to elsewhere than http", async () => {
    for (const target of ["/again", "file:///etc/passwd", "http://"]) {
      const { open } = await setUp((_, response) => void response.writeHead(302, { Location: target }).end());
      await expect(open()).rejects.toMatchObject({ code: "HUB_UNAVAILABLE" });
    }
  });

  it("an endpoint that does not exist", async () => {
    const hub = await FakeHub.start(FILES);
    const endpoint = "http://no-such-host.invalid";
    const opening = openFake(hub, await temporaryFolder(), {}, { endpoint });
    await expect(opening).rejects.toMatchObject({ code: "HUB_UNAVAILABLE" });
  });
});

describe("limits", () => {
  it("refuses more bytes than allowed before the first", async () => {
    const { hub, open } = await setUp(undefined, { maxBytes: 3_000_000 });
    await expect((await open()).read("model.safetensors")).rejects.toMatchObject({ code: "DOWNLOAD_TOO_LARGE" });
    expect(hub.bodies).toEqual([]);
  });

  it("refuses what the disk has no room for before the first byte", async () => {
    const huge = 2 ** 52;
    const { hub, open } = await setUp(
      ({ url, method }, response) => {
        if (url.startsWith("/api/")) {
          response.end(JSON.stringify({ sha: COMMIT, siblings: [{ rfilename: "huge", size: huge }] }));
        }
        if (method !== "HEAD") return;
        response.setHeader("X-Linked-Etag", HASH);
        response.setHeader("X-Linked-Size", huge);
        response.end();
      },
      { maxBytes: Number.MAX_SAFE_INTEGER },
    );
    const error = await (await open()).read("huge").catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "FILE_WRITE_FAILED", message: expect.stringContaining("no room") });
    expect(hub.log.every(({ method, url }) => method === "HEAD" || url.startsWith("/api/"))).toBe(true);
  });

  it("says that the disk is full in the middle, and goes on when it is not any more", async () => {
    const { cache, hub, open: openModel } = await setUp();
    const files = await openModel();
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const handle = await open(join(cache, "other"), "w");
    const prototype = Object.getPrototypeOf(handle);
    const real: FileHandle["write"] = prototype.write;
    let room = 1_500_000;
    const write = vi.spyOn(prototype, "write").mockImplementation(function (this: unknown, ...args: unknown[]) {
      room -= Number(args[2]);
      return room < 0 ? Promise.reject(full) : Reflect.apply(real, this, args);
    });
    const error = await files.read("model.safetensors").then(
      () => undefined,
      (thrown) => thrown,
    );
    write.mockRestore();
    await handle.close();
    expect(error).toMatchObject({ code: "FILE_WRITE_FAILED", cause: full });
    expect(error.parts.fix).toContain("Free space");
    expect(sha256(await files.read("model.safetensors"))).toBe(HASH);
    expect(hub.bodies.at(-1)?.range).toMatch(/^bytes=[1-9]\d{4,}-3000000$/);
  });
});

it("stops at an abort and goes on later", async () => {
  const { hub, open } = await setUp();
  // Slow enough that the file is not whole when the progress is next told, on a busy machine too.
  hub.pause = 20;
  const files = await open();
  const controller = new AbortController();
  const reading = files.read("model.safetensors", {
    signal: controller.signal,
    progress_callback: ({ loaded }) => loaded > 1_200_000 && controller.abort(),
  });
  await expect(reading).rejects.toMatchObject({ code: "ABORTED", name: "AbortError" });
  hub.pause = 0;
  expect(sha256(await files.read("model.safetensors"))).toBe(HASH);
  expect(hub.bodies).toHaveLength(2);
  expect(Number(/=(\d+)/.exec(hub.bodies[1]?.range ?? "")?.[1])).toBeGreaterThan(1_000_000);
});

it("asks the endpoint that HF_ENDPOINT names, unless the store names another", async () => {
  const [one, other] = [await FakeHub.start(FILES), await FakeHub.start(FILES)];
  const environment = { HF_ENDPOINT: `${one.endpoint}/` };
  const open = async (store: object) =>
    createNodeFiles({ environment, retryDelay: 1, ...store }).open(ID, { cache_dir: await temporaryFolder() });
  expect(sha256(await (await open({})).read("model.safetensors"))).toBe(HASH);
  expect(other.log).toEqual([]);
  await open({ endpoint: other.endpoint });
  expect(other.log).toHaveLength(1);
});

it("reaches an https endpoint through a tunnel of the proxy, where the token is nobody's to read", async () => {
  const asked: { url: string | undefined; authorization: string | undefined }[] = [];
  const proxy = createServer().on("connect", ({ url, headers }, socket) => {
    asked.push({ url, authorization: headers.authorization });
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void proxy.close());
  const HTTPS_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const store = createNodeFiles({ endpoint: "https://hub.invalid", environment: { HTTPS_PROXY }, retries: 0 });
  const opening = store.open(ID, { cache_dir: await temporaryFolder(), token: "hf_secret" });
  await expect(opening).rejects.toMatchObject({ code: "HUB_UNAVAILABLE" });
  expect(asked).toEqual([{ url: "hub.invalid:443", authorization: undefined }]);
});

it("goes through the proxy that the environment names, except where NO_PROXY says", async () => {
  const hub = await FakeHub.start(FILES);
  const asked: string[] = [];
  const proxy = createServer(async (request, response) => {
    asked.push(request.url ?? "");
    const target = new URL(request.url ?? "");
    const answer = await fetch(`${hub.endpoint}${target.pathname}${target.search}`, { redirect: "manual" });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void proxy.close());
  const HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const endpoint = "http://hub.invalid";
  const through = await openFake(hub, await temporaryFolder(), {}, { endpoint, environment: { HTTP_PROXY } });
  expect(await through.list()).toEqual(["config.json", "model.safetensors"]);
  expect(asked).toEqual([`${endpoint}/api/models/${ID}/revision/main?blobs=true`]);
  const environment = { HTTP_PROXY, NO_PROXY: "127.0.0.1" };
  await openFake(hub, await temporaryFolder(), {}, { environment });
  expect(asked).toHaveLength(1);
});
