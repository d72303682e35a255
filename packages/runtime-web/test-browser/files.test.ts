import type { ProgressInfo } from "@internvl/core";
import { describeFilesContract } from "@internvl/core/contract";
import {
  createWebFiles,
  listStoredFolders,
  openFileList,
  openStoredSink,
  removeStoredFolder,
  webFiles,
} from "@internvl/runtime-web";
import { describe, expect, it } from "vitest";
import { storedFolder, writeAll } from "./folder.js";
import { serveFolder } from "./serve-folder.js";
import { sha256 } from "./sha256.js";

const api = { describe, it, expect };

describe("chosen files", () => {
  describeFilesContract(api, {
    makeFolder: async (files) =>
      openFileList(Object.entries(files).map(([path, bytes]) => chosen(`my-model/${path}`, bytes))),
  });

  it("may be files without a folder", async () => {
    const files = openFileList([new File(["{}"], "config.json")]);
    expect(await files.list()).toEqual(["config.json"]);
    expect(openFileList([chosen("my-model/config.json", new Uint8Array())]).name).toBe("my-model");
  });
});

describe("the folder of a web server", () => {
  for (const ranges of [true, false]) {
    describe(ranges ? "that knows ranges" : "that sends whole files only", () => {
      describeFilesContract(api, {
        makeFolder: (files) => createWebFiles({ fetch: serveFolder(files, { ranges }) }).open("/models/tiny"),
      });
    });
  }

  it("is relative to the page", async () => {
    const files = await createWebFiles({ fetch: serveFolder({ "config.json": new Uint8Array(2) }) }).open("./tiny/");
    expect(files.name).toBe(new URL("./tiny/", location.href).href);
  });

  it("gives large files as Blobs, and says how far it is", async () => {
    const bytes = new Uint8Array(9 * 1024 * 1024).map((_, i) => i >> 8);
    const files = await createWebFiles({ fetch: serveFolder({ "model.onnx_data": bytes }) }).open("/tiny");
    const reports: ProgressInfo[] = [];
    const blob = await files.blob!("model.onnx_data", { progress_callback: (info) => reports.push(info) });
    expect(await sha256(await blob.bytes())).toBe(await sha256(bytes));
    expect(reports.at(-1)).toMatchObject({ stage: "download", loaded: bytes.length, total: bytes.length });
  });

  it("is asked once for the size of a file, however many ranges are read", async () => {
    const serve = serveFolder({ "model.onnx_data": Uint8Array.of(0, 1, 2, 3) });
    const methods: (string | undefined)[] = [];
    const fetch: typeof serve = (input, init) => {
      methods.push(init?.method);
      return serve(input, init);
    };
    const files = await createWebFiles({ fetch }).open("/tiny");
    for (const start of [0, 1, 2]) {
      expect([...(await files.readRange("model.onnx_data", start, start + 2))]).toEqual([start, start + 1]);
    }
    expect(methods.filter((method) => method === "HEAD").length).toBe(1);
  });

  it("asks again for a range of which less came than it asked for, and past the browser's cache", async () => {
    const serve = serveFolder({ "model.onnx_data": Uint8Array.of(0, 1, 2, 3) });
    const caches: (string | undefined)[] = [];
    const fetch: typeof serve = async (input, init) => {
      if (!new Headers(init?.headers).has("range")) return serve(input, init);
      caches.push(init?.cache);
      return caches.length === 1 ? new Response(Uint8Array.of(1), { status: 206 }) : serve(input, init);
    };
    const files = await createWebFiles({ fetch, retryDelay: 1 }).open("/tiny");
    expect([...(await files.readRange("model.onnx_data", 1, 4))]).toEqual([1, 2, 3]);
    expect(caches).toEqual(["no-store", "no-store"]);
  });

  it("keeps whole files in the browser's cache where that is all that a server sends", async () => {
    const serve = serveFolder({ "model.onnx_data": Uint8Array.of(0, 1, 2, 3) }, { ranges: false });
    const caches: (string | undefined)[] = [];
    const fetch: typeof serve = (input, init) => {
      if (new Headers(init?.headers).has("range")) caches.push(init?.cache);
      return serve(input, init);
    };
    const files = await createWebFiles({ fetch }).open("/tiny");
    for (const start of [0, 1]) {
      expect([...(await files.readRange("model.onnx_data", start, 4))]).toEqual([0, 1, 2, 3].slice(start));
    }
    expect(caches).toEqual(["no-store", "default"]);
  });

  it("needs a listing, and the message says which", async () => {
    await expect(createWebFiles({ fetch: serveFolder({}, { listing: null }) }).open("/tiny")).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringContaining("files.json"),
    });
  });

  it("is refused when its listing is none, or leads out of the folder", async () => {
    for (const listing of ["{}", "[1]", "[", '["../secret"]']) {
      const opening = createWebFiles({ fetch: serveFolder({}, { listing }) }).open("/tiny");
      await expect(opening).rejects.toMatchObject({ code: "FILE_INVALID" });
    }
  });

  it("is not taken for there when the server answers every address with its page", async () => {
    const fetch = async () =>
      new Response("<!doctype html>", { headers: { "content-type": "text/html; charset=utf-8" } });
    await expect(createWebFiles({ fetch }).open("/tiny")).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringContaining("a web page"),
    });
  });
});

describe("names of models", () => {
  it("are found in the page's storage first, however they are written", async () => {
    const { name } = await storedFolder();
    await writeAll(name, { "config.json": "{}", "onnx/graph.onnx": "g" });
    for (const written of [name, `./${name}`, `/${name}`]) {
      expect(await (await webFiles.open(written)).list()).toEqual(["config.json", "onnx/graph.onnx"]);
    }
    expect(await (await webFiles.open(name, { subfolder: "onnx" })).list()).toEqual(["graph.onnx"]);
  });

  it("are listed with the bytes that they take, unfinished ones too", async () => {
    const { name } = await storedFolder();
    await writeAll(`${name}/one`, { "config.json": "{}", "onnx/graph.onnx": "graph" });
    await writeAll(`${name}/two`, { "onnx/graph.onnx": "g" });
    const cut = await (await openStoredSink(`${name}/one`)).create("rest.bin");
    const listed = async () => (await listStoredFolders()).filter((folder) => folder.name.startsWith(name));
    expect(await listed()).toEqual([
      { name: `${name}/one`, bytes: 7 },
      { name: `${name}/two/onnx`, bytes: 1 },
    ]);
    await cut.abort();
    await removeStoredFolder(`${name}/one`);
    expect((await listed()).map((folder) => folder.name)).toEqual([`${name}/two/onnx`]);
  });

  it("mean the same in a worker whose script lies elsewhere", async () => {
    const stored = await storedFolder();
    for (const [name, elsewhere] of [
      ["./models/tiny", new URL("./models/tiny", location.href).href],
      ["/models/tiny", new URL("/models/tiny", location.href).href],
      ["https://example.com/tiny", "https://example.com/tiny"],
      ["OpenGVLab/InternVL2_5-1B", "OpenGVLab/InternVL2_5-1B"],
      [`./${stored.name}`, `./${stored.name}`],
    ] as const) {
      expect(await webFiles.nameElsewhere!(name)).toBe(elsewhere);
    }
  });

  it("that are none are refused", async () => {
    for (const name of ["", "a/b/c", "a--b", "../outside"]) {
      const opening = createWebFiles({ fetch: serveFolder({}, { listing: null }) }).open(name);
      await expect(opening).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    }
  });
});

/** A file as an `<input webkitdirectory>` gives it. */
function chosen(path: string, bytes: Uint8Array): File {
  const file = new File([new Uint8Array(bytes)], path.slice(path.lastIndexOf("/") + 1));
  Object.defineProperty(file, "webkitRelativePath", { value: path });
  return file;
}
