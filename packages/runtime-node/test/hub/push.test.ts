import { truncateSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ProgressInfo } from "@internvl/core";
import { checkPush, createNodeFiles, type NodeFilesOptions, type PushOptions, pushToHub } from "@internvl/runtime-node";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../folder.js";
import { FakeHub, type Fault, ID, noise, refuse, sha256 } from "./fake-hub.js";
import { quick } from "./open-hub.js";

const GRAPH = noise(1_000_003, 7);
const DATA = noise(300_000, 8);
const FILES: Record<string, Buffer> = {
  "config.json": Buffer.from('{"model_type": "internvl_chat"}'),
  "chat_template.jinja": Buffer.alloc(0),
  "onnx/vision_encoder.onnx": GRAPH,
  "onnx/embed_tokens.onnx": DATA,
};
const LFS = ["onnx/embed_tokens.onnx", "onnx/vision_encoder.onnx"];

async function folderWith(files: Record<string, Buffer>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return folder;
}

async function setUp(fault: Fault = () => {}, store: NodeFilesOptions = {}) {
  const hub = await FakeHub.start({});
  hub.fault = fault;
  const folder = await folderWith(FILES);
  const push = (repo: string, options: PushOptions = {}) =>
    pushToHub(folder, repo, { token: "hf_write", ...options }, quick(hub, store));
  return { hub, folder, push };
}

const puts = (hub: FakeHub) => hub.log.filter(({ method }) => method === "PUT");
const contents = (hub: FakeHub, id: string) =>
  Object.fromEntries([...hub.repos.get(id)!.files].map(([path, { bytes }]) => [path, sha256(bytes)]));
const expected = Object.fromEntries(Object.entries(FILES).map(([path, bytes]) => [path, sha256(bytes)]));

describe("a push", () => {
  it("makes the repository, uploads, commits once, and what it wrote can be downloaded", async () => {
    const { hub, push } = await setUp();
    const report = await push("me/model", { private: true, message: "A model" });
    const { head } = hub.repos.get("me/model")!;
    expect(report).toEqual({
      id: "me/model",
      url: `${hub.endpoint}/me/model`,
      commit: head,
      stored: LFS,
      committed: Object.keys(FILES).sort(),
    });
    expect(hub.repos.get("me/model")!.private).toBe(true);
    expect(contents(hub, "me/model")).toEqual(expected);
    expect(hub.uploads.commits.map(([header]) => header)).toEqual([
      { key: "header", value: { summary: "A model", description: "", parentCommit: expect.any(String) } },
    ]);
    const files = await createNodeFiles(quick(hub)).open("me/model", { cache_dir: await temporaryFolder() });
    expect(sha256(await files.read("onnx/vision_encoder.onnx"))).toBe(sha256(GRAPH));
  });

  it("to a name alone goes into the token's account; an existing repository is written to", async () => {
    const { hub, push } = await setUp();
    expect((await push("model")).id).toBe("me/model");
    expect(await push("me/model")).toMatchObject({ committed: [], stored: [] });
    expect(hub.uploads.commits).toHaveLength(1);
    await expect(push("me/model", { existOk: false })).rejects.toMatchObject({
      code: "UPLOAD_REFUSED",
      message: expect.stringContaining("exists already"),
    });
  });

  it("commits only what differs and leaves what is only in the repository", async () => {
    const { hub, folder, push } = await setUp();
    await push("me/model");
    hub.repos.get("me/model")!.files.set("README.md", { bytes: Buffer.from("by hand") });
    await writeFile(join(folder, "config.json"), "{}");
    hub.log.length = 0;
    expect(await push("me/model")).toMatchObject({ committed: ["config.json"], stored: [] });
    expect(puts(hub)).toEqual([]);
    expect(contents(hub, "me/model")).toEqual({
      ...expected,
      "config.json": sha256(Buffer.from("{}")),
      "README.md": sha256(Buffer.from("by hand")),
    });
  });

  it("leaves out what .gitignore names, and hidden files but git's own", async () => {
    const { hub, folder, push } = await setUp();
    await writeFile(join(folder, "notes.ignored"), "x");
    await writeFile(join(folder, ".config.json.0123456789ab.partial"), "x");
    await writeFile(join(folder, ".env"), "HF_TOKEN=x");
    await writeFile(join(folder, ".gitattributes"), "x");
    await push("me/model");
    expect(contents(hub, "me/model")).toEqual({ ...expected, ".gitattributes": sha256(Buffer.from("x")) });
  });

  it("says what it hashes and sends, in bytes", async () => {
    const { push } = await setUp();
    const reports: ProgressInfo[] = [];
    await push("me/model", { progress_callback: (info) => void reports.push(info) });
    const last = (stage: string) => reports.filter((report) => report.stage === stage).at(-1);
    const size = Object.values(FILES).reduce((sum, { length }) => sum + length, 0);
    expect(last("hash")).toMatchObject({ loaded: size, total: size, unit: "bytes" });
    const sent = GRAPH.length + DATA.length;
    expect(last("upload")).toMatchObject({ name: "me/model", loaded: sent, total: sent, rate: expect.any(Number) });
  });
});

describe("parts", () => {
  it("carry a large file, several at a time, and its etags complete it", async () => {
    const { hub, push } = await setUp();
    hub.uploads.partSize = 262_144;
    hub.uploads.verify = true;
    await push("me/model");
    const parts = puts(hub).filter(({ url }) => url.startsWith("/part/"));
    expect(parts).toHaveLength(6);
    expect(hub.log.filter(({ url }) => url.startsWith("/api/verify/"))).toHaveLength(2);
    expect(contents(hub, "me/model")).toEqual(expected);
  });

  it("that fail or are cut are sent again, alone", async () => {
    const failures = new Map<string, number>();
    const { hub, push } = await setUp(({ url, method }, response) => {
      if (method !== "PUT") return;
      const count = (failures.get(url) ?? 0) + 1;
      failures.set(url, count);
      if (url.endsWith("/2") && count === 1) refuse(response, 503);
      if (url.endsWith("/3") && count <= 2) response.destroy();
    });
    hub.uploads.partSize = 262_144;
    const reports: ProgressInfo[] = [];
    await push("me/model", { progress_callback: (info) => info.stage === "upload" && reports.push(info) });
    expect(contents(hub, "me/model")).toEqual(expected);
    expect([...failures.values()].filter((count) => count === 1).length).toBe(3);
    expect(reports.at(-1)).toMatchObject({ loaded: GRAPH.length + DATA.length });
  });

  it("whose addresses have run out get new ones", async () => {
    let refused = 0;
    const { hub, push } = await setUp(({ url }, response) => {
      if (url.endsWith("/4") && refused++ === 0) refuse(response, 403, undefined, "Request has expired");
    });
    hub.uploads.partSize = 262_144;
    await push("me/model");
    expect(hub.log.filter(({ url }) => url.endsWith("/objects/batch"))).toHaveLength(2);
    expect(contents(hub, "me/model")).toEqual(expected);
  });

  it("are sent anew when they are not accepted together", async () => {
    let refused = 0;
    const { hub, push } = await setUp(({ url }, response) => {
      if (url.startsWith("/api/complete/") && refused++ === 0) refuse(response, 400, undefined, "Upload has expired");
    });
    hub.uploads.partSize = 500_000;
    await push("me/model");
    expect(hub.log.filter(({ url }) => url.startsWith("/api/complete/"))).toHaveLength(2);
    expect(contents(hub, "me/model")).toEqual(expected);
  });

  it("that do not fit the file are refused", async () => {
    const { hub, push } = await setUp(({ url }, response) => {
      if (!url.endsWith("/objects/batch")) return;
      const upload = {
        href: `${hub.endpoint}/api/complete/x`,
        header: { chunk_size: "1000", "1": `${hub.cdn}/part/x/1` },
      };
      const objects = [GRAPH, DATA].map((bytes) => ({ oid: sha256(bytes), size: bytes.length, actions: { upload } }));
      response.end(JSON.stringify({ objects }));
    });
    await expect(push("me/model")).rejects.toMatchObject({
      code: "HUB_UNAVAILABLE",
      message: expect.stringContaining("makes no sense"),
    });
    expect(puts(hub)).toEqual([]);
  });
});

describe("after a failure", () => {
  it("only what has not arrived is sent again", async () => {
    let isDown = true;
    const { hub, push } = await setUp(
      ({ url, method }, response) => {
        if (isDown && method === "PUT" && url.endsWith(sha256(GRAPH))) refuse(response, 500);
      },
      { retries: 1, connections: 1 },
    );
    await expect(push("me/model")).rejects.toMatchObject({ code: "HUB_UNAVAILABLE" });
    expect(hub.uploads.commits).toEqual([]);
    isDown = false;
    hub.log.length = 0;
    expect((await push("me/model")).stored).toEqual(["onnx/vision_encoder.onnx"]);
    expect(puts(hub)).toHaveLength(1);
    expect(contents(hub, "me/model")).toEqual(expected);
  });

  it("of the commit's answer there is one commit all the same", async () => {
    let lost = 0;
    const { hub, push } = await setUp(({ url }, response) => {
      if (!url.includes("/commit/") || lost > 0) return;
      lost += 1;
      // The Hub does it and the answer gets lost.
      const end = response.end.bind(response);
      response.end = (() => {
        response.end = end;
        response.destroy();
        return response;
      }) as typeof response.end;
    });
    const report = await push("me/model");
    expect(lost).toBe(1);
    expect(hub.uploads.commits).toHaveLength(1);
    expect(report.commit).toBe(hub.repos.get("me/model")!.head);
  });

  it("a file that somebody cuts meanwhile is told by its name", async () => {
    const { hub, folder, push } = await setUp(({ url }) => {
      if (url.endsWith("/objects/batch")) truncateSync(join(folder, "onnx/vision_encoder.onnx"), 1000);
    });
    await expect(push("me/model")).rejects.toMatchObject({
      code: "FILE_INVALID",
      message: expect.stringContaining("onnx/vision_encoder.onnx"),
    });
    expect(hub.uploads.commits).toEqual([]);
  });

  it("an abort stops it", async () => {
    const controller = new AbortController();
    const { hub, push } = await setUp(({ method }) => void (method === "PUT" && controller.abort()));
    await expect(push("me/model", { signal: controller.signal })).rejects.toMatchObject({ name: "AbortError" });
    expect(hub.uploads.commits).toEqual([]);
  });

  it("a storage that falls silent is tried again", async () => {
    let silent = true;
    const { hub, push } = await setUp(
      ({ method }, response) => {
        if (method !== "PUT" || !silent) return;
        silent = false;
        // Never answered; the body is taken.
        response.writeHead = (() => response) as typeof response.writeHead;
        response.end = (() => response) as typeof response.end;
      },
      { idleTimeout: 100 },
    );
    await push("me/model");
    expect(contents(hub, "me/model")).toEqual(expected);
  });
});

describe("what the Hub refuses", () => {
  it("no token, a wrong one, one that may only read; none is in a message", async () => {
    const { hub, folder, push } = await setUp();
    await expect(pushToHub(folder, "me/model", {}, quick(hub))).rejects.toMatchObject({
      code: "HUB_DENIED",
      message: expect.stringContaining("HF_TOKEN"),
    });
    expect(hub.log).toEqual([]);
    for (const token of ["hf_wrong", "hf_read"]) {
      const error = await push("me/model", { token }).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "HUB_DENIED" });
      expect(error.message).not.toContain(token);
    }
  });

  it("before a long conversion as well", async () => {
    const { hub } = await setUp();
    expect(await checkPush("model", { token: "hf_write" }, quick(hub))).toBe("me/model");
    await expect(checkPush("model", { token: "hf_wrong" }, quick(hub))).rejects.toMatchObject({ code: "HUB_DENIED" });
    await expect(checkPush("model", {}, quick(hub))).rejects.toMatchObject({ code: "HUB_DENIED" });
    expect(hub.log.every(({ method }) => method === "GET")).toBe(true);
  });

  it("another's name, a name that is none, a full account", async () => {
    const { push } = await setUp();
    await expect(push("somebody/model")).rejects.toMatchObject({ code: "HUB_DENIED" });
    await expect(push(ID)).rejects.toMatchObject({ code: "HUB_DENIED" });
    for (const name of ["a/b/c", "../x", "a b", ""]) {
      await expect(push(name)).rejects.toMatchObject({ code: "INPUT_INVALID" });
    }
    const full = await setUp(({ url }, response) => {
      if (url.endsWith("/objects/batch")) refuse(response, 403, undefined, "Private repository storage limit reached");
    });
    await expect(full.push("me/model")).rejects.toMatchObject({
      code: "UPLOAD_REFUSED",
      message: expect.stringContaining("storage limit reached"),
    });
  });

  it("a file for itself", async () => {
    const { push } = await setUp(({ url }, response) => {
      if (!url.endsWith("/objects/batch")) return;
      const error = { code: 422, message: "File too large" };
      response.end(JSON.stringify({ objects: [{ oid: sha256(GRAPH), size: GRAPH.length, error }] }));
    });
    await expect(push("me/model")).rejects.toThrow("onnx/vision_encoder.onnx: File too large");
  });

  it("nothing is asked offline, and nothing sent of an empty folder", async () => {
    const { hub, push } = await setUp(undefined, { environment: { HF_HUB_OFFLINE: "1" } });
    await expect(push("me/model")).rejects.toMatchObject({ code: "OFFLINE" });
    expect(hub.log).toEqual([]);
    const empty = await temporaryFolder();
    const pushing = pushToHub(empty, "me/model", { token: "hf_write" }, quick(hub));
    await expect(pushing).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    expect(hub.log.map(({ url }) => url)).toEqual(["/api/whoami-v2"]);
  });
});

describe("the token", () => {
  it("goes to the Hub and never to the storage, whichever way leads there", async () => {
    const { hub, push } = await setUp();
    hub.uploads.partSize = 262_144;
    hub.uploads.verify = true;
    await push("me/model");
    for (const { server, url, authorization } of hub.log) {
      const signed = server === "cdn" || url.startsWith("/api/complete/");
      expect([url, authorization]).toEqual([url, signed ? undefined : "Bearer hf_write"]);
    }
  });

  it("and the files that go with it follow no redirect to another host", async () => {
    const { hub, push } = await setUp(({ url }, response) => {
      if (url.includes("/commit/")) response.writeHead(307, { Location: `${hub.cdn}/elsewhere` }).end();
    });
    await expect(push("me/model")).rejects.toMatchObject({ code: "HUB_UNAVAILABLE" });
    expect(hub.log.some(({ url }) => url === "/elsewhere")).toBe(false);
  });

  it("confirms nothing at another host", async () => {
    const { hub, push } = await setUp(({ url }, response) => {
      if (!url.endsWith("/objects/batch")) return;
      const actions = (hash: string) => ({
        upload: { href: `${hub.cdn}/whole/${hash}` },
        verify: { href: `${hub.cdn}/verify` },
      });
      const objects = [GRAPH, DATA].map((bytes) => ({
        oid: sha256(bytes),
        size: bytes.length,
        actions: actions(sha256(bytes)),
      }));
      response.end(JSON.stringify({ objects }));
    });
    await push("me/model").catch(() => {});
    const verifying = hub.log.filter(({ url }) => url === "/verify");
    expect(verifying.length).toBeGreaterThan(0);
    expect(verifying.every(({ authorization }) => authorization === undefined)).toBe(true);
  });
});
