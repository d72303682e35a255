import { lstat, mkdir, open, readdir, rename, symlink, unlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { DirectoryFiles, nodeFiles, openDirectorySink } from "@internvl/runtime-node";
import { describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "./folder.js";

describe("DirectoryFiles", () => {
  it("follows the links of a hub cache and skips what leads nowhere", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "blobs"));
    await mkdir(join(folder, "snapshots/main/onnx"), { recursive: true });
    await writeFile(join(folder, "blobs/abc"), "blob");
    await symlink("../../../blobs/abc", join(folder, "snapshots/main/onnx/model.onnx"));
    await symlink("../../blobs/gone", join(folder, "snapshots/main/gone.json"));
    await symlink("..", join(folder, "snapshots/main/circle"));
    const files = new DirectoryFiles(join(folder, "snapshots/main"));
    expect(await files.list()).toEqual(["onnx/model.onnx"]);
    expect(new TextDecoder().decode(await files.read("onnx/model.onnx"))).toBe("blob");
    expect(await files.has("gone.json")).toBe(false);
    expect(files.localPath("onnx/model.onnx")).toBe(join(folder, "snapshots/main/onnx/model.onnx"));
  });

  it("leaves out folders whose name starts with a dot", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, ".git"));
    await writeFile(join(folder, ".git/config"), "");
    await writeFile(join(folder, ".gitattributes"), "");
    expect(await new DirectoryFiles(folder).list()).toEqual([".gitattributes"]);
  });

  it("shows what is there when a file is missing", async () => {
    const folder = await temporaryFolder();
    const files = new DirectoryFiles(folder);
    await expect(files.read("config.json")).rejects.toThrow("an empty folder");
    await mkdir(join(folder, "onnx"));
    for (let i = 0; i < 9; i++) await writeFile(join(folder, `shard${i}`), "");
    await expect(files.read("config.json")).rejects.toThrow("onnx/, shard0, shard1");
    await expect(files.read("config.json")).rejects.toThrow("and 2 more");
    await expect(files.read("onxx/a.onnx")).rejects.toThrow("no folder onxx either");
  });

  it("reads on after close, and the new file when one was replaced", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "a"), "first");
    const files = new DirectoryFiles(folder);
    expect(new TextDecoder().decode(await files.readRange("a", 0, 2))).toBe("fi");
    await files.close();
    expect(new TextDecoder().decode(await files.readRange("a", 2, 5))).toBe("rst");
    await writeFile(join(folder, "b"), "second");
    await unlink(join(folder, "a"));
    await rename(join(folder, "b"), join(folder, "a"));
    expect(new TextDecoder().decode(await files.read("a"))).toBe("second");
    await files.close();
  });

  it("reports progress and stops between two pieces", async () => {
    const folder = await temporaryFolder();
    const size = 16 * 1024 * 1024 + 1;
    await writeFile(join(folder, "large"), new Uint8Array(size));
    const files = new DirectoryFiles(folder);
    const loaded: number[] = [];
    await files.read("large", { progress_callback: (info) => loaded.push(info.loaded) });
    expect(loaded).toEqual([size - 1, size]);
    const controller = new AbortController();
    const reading = files.read("large", { signal: controller.signal, progress_callback: () => controller.abort() });
    await expect(reading).rejects.toMatchObject({ code: "ABORTED" });
    await files.close();
  });
});

describe("openDirectorySink", () => {
  it("leaves no half file when the disk is full", async () => {
    const folder = await temporaryFolder();
    const sink = await openDirectorySink(folder);
    const writer = await sink.create("model.onnx_data");
    await writer.write(new Uint8Array(10));
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const handle = await open(join(folder, "other"), "w");
    const write = vi.spyOn(Object.getPrototypeOf(handle), "write").mockRejectedValueOnce(full);
    await handle.close();
    const error = await writer.write(new Uint8Array(10)).catch((thrown) => thrown);
    write.mockRestore();
    expect(error).toMatchObject({ code: "FILE_WRITE_FAILED", cause: full });
    expect(error.message).toContain(join(folder, "model.onnx_data"));
    expect(error.message).toContain("no space left on device");
    expect(error.parts.fix).toContain("Free space");
    expect(await readdir(folder)).toEqual(["other"]);
    await writer.abort();
  });

  it("writes beside the target under a hidden name", async () => {
    const folder = await temporaryFolder();
    const writer = await (await openDirectorySink(folder)).create("a/b.json");
    expect(await readdir(join(folder, "a"))).toEqual([expect.stringMatching(/^\.b\.json\.[0-9a-f]{12}\.partial$/)]);
    await writer.commit();
    expect(await readdir(join(folder, "a"))).toEqual(["b.json"]);
  });

  it("gives a file a second name, in place of what has it", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "weights"), "original");
    await symlink(join(folder, "weights"), join(folder, "snapshot"));
    const sink = await openDirectorySink(join(folder, "out"));
    for (const name of ["weights", "snapshot"]) await sink.link!("onnx/second", join(folder, name));
    const [first, second] = await Promise.all(["weights", "out/onnx/second"].map((path) => lstat(join(folder, path))));
    expect(second!.isSymbolicLink()).toBe(false);
    expect(second!.ino).toBe(first!.ino);
    expect(await readdir(join(folder, "out", "onnx"))).toEqual(["second"]);
    await expect(sink.link!("other", join(folder, "nothing"))).rejects.toMatchObject({ code: "FILE_WRITE_FAILED" });
    await expect(sink.link!("../other", join(folder, "weights"))).rejects.toMatchObject({ code: "FILE_INVALID" });
  });

  it("says that a file stands where a folder is needed", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "onnx"), "");
    const sink = await openDirectorySink(folder);
    await expect(sink.create("onnx/graph.onnx")).rejects.toMatchObject({ code: "FILE_WRITE_FAILED" });
    await mkdir(join(folder, "taken"));
    const writer = await sink.create("taken");
    await expect(writer.commit()).rejects.toMatchObject({ code: "FILE_WRITE_FAILED" });
    expect((await readdir(folder)).sort()).toEqual(["onnx", "taken"]);
  });
});

describe("nodeFiles", () => {
  it("opens directories: paths, file: URLs, ~, subfolders", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "onnx"));
    expect((await nodeFiles.open(folder)).name).toBe(folder);
    expect((await nodeFiles.open(pathToFileURL(folder).href)).name).toBe(folder);
    expect((await nodeFiles.open(relative(process.cwd(), folder))).name).toBe(folder);
    expect((await nodeFiles.open("~")).name).toBe(homedir());
    expect((await nodeFiles.open(folder, { subfolder: "onnx" })).name).toBe(join(folder, "onnx"));
  });

  it("says what is missing", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "config.json"), "{}");
    const missing = { code: "FILE_NOT_FOUND" };
    const offline = { cache_dir: folder, local_files_only: true };
    await expect(nodeFiles.open("OpenGVLab/InternVL2_5-1B", offline)).rejects.toMatchObject({ code: "OFFLINE" });
    await expect(nodeFiles.open(join(folder, "other"))).rejects.toMatchObject(missing);
    await expect(nodeFiles.open("file://elsewhere/model")).rejects.toMatchObject(missing);
    await expect(nodeFiles.open(join(folder, "config.json"))).rejects.toThrow("is a file");
    await expect(nodeFiles.open(folder, { subfolder: "onnx" })).rejects.toMatchObject(missing);
    await expect(nodeFiles.open(folder, { subfolder: "../.." })).rejects.toMatchObject({ code: "FILE_INVALID" });
  });
});
