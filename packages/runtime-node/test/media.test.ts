import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { DecodeOptions, ErrorCode, ImageSource } from "@internvl/core";
import { nodeMedia } from "@internvl/runtime-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "./folder.js";

const fixtures = fileURLToPath(new URL("./fixtures/", import.meta.url));
const picture = (name: string) => join(fixtures, "images", name);

type Expected = Required<Pick<DecodeOptions, "alpha" | "exif">> & { width: number; height: number; sha256: string };
const table: Record<string, Expected[]> = JSON.parse(await readFile(join(fixtures, "images.json"), "utf8"));

describe("Pillow's bytes", () => {
  for (const [name, rows] of Object.entries(table)) {
    it.each(rows)(`${name}, alpha $alpha, exif $exif`, async ({ alpha, exif, ...expected }) => {
      const { data, width, height } = await nodeMedia.decodeImage(picture(name), { alpha, exif });
      expect({ width, height, sha256: createHash("sha256").update(data).digest("hex") }).toEqual(expected);
    });
  }
});

describe("sources", () => {
  const size = [130, 70];

  it("takes a file: URL, as a URL and as a string", async () => {
    const url = pathToFileURL(picture("s_1bit.png"));
    expect((await nodeMedia.decodeImage(url)).size).toEqual(size);
    expect((await nodeMedia.decodeImage(url.href)).size).toEqual(size);
  });

  it("takes an http URL and does not believe its content type", async () => {
    const bytes = await readFile(picture("s_1bit.png"));
    const address = await serve((response) => response.writeHead(200, { "content-type": "text/plain" }).end(bytes));
    expect((await nodeMedia.decodeImage(`${address}/picture.jpg`)).size).toEqual(size);
  });

  it("names what a server answers instead", async () => {
    const missing = await serve((response) => response.writeHead(404).end("no"));
    await expectError(`${missing}/a.png`, "FILE_NOT_FOUND", "status 404");
    const page = await serve((response) => response.writeHead(200).end("<!doctype html><p>Log in</p>"));
    await expectError(`${page}/a.png`, "IMAGE_INVALID", "a web page");
  });

  it("does not read a body that is announced as too large", async () => {
    const address = await serve((response) => {
      response.writeHead(200, { "content-length": String(2 ** 40) });
      response.flushHeaders();
    });
    await expectError(`${address}/a.png`, "IMAGE_TOO_LARGE", String(2 ** 40));
  });

  it("stops fetching when it is told to", async () => {
    const controller = new AbortController();
    const address = await serve(() => controller.abort());
    await expectError(`${address}/a.png`, "ABORTED", "aborted", { signal: controller.signal });
  });

  it("says that nobody answers", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await expectError(`http://127.0.0.1:${port}/a.png`, "FILE_NOT_FOUND", "ECONNREFUSED");
  });
});

describe("bad files", () => {
  it("shows how a text file named .jpg starts", async () => {
    const path = join(await temporaryFolder(), "photo.jpg");
    await writeFile(path, "version https://git-lfs.github.com/spec/v1\n");
    await expectError(path, "IMAGE_INVALID", "photo.jpg", undefined, '"version https://git-lfs.');
  });

  it("names a file that is not there, and a folder", async () => {
    await expectError("no-such.png", "FILE_NOT_FOUND", "no-such.png");
    await expectError(fixtures, "FILE_NOT_FOUND", "is a folder");
  });

  it("shortens a long data URL in its message", async () => {
    const error = await decodeError(`data:text/plain,${"x".repeat(10_000)}`);
    expect(error.code).toBe("IMAGE_INVALID");
    expect(error.message.length).toBeLessThan(500);
  });

  it("refuses a BMP that promises more than it holds, or is compressed", async () => {
    const bmp = new Uint8Array(await readFile(picture("8bit.bmp")));
    await expectError(bmp.subarray(0, bmp.length - 1), "IMAGE_INVALID", "cut off");
    const compressed = bmp.slice();
    compressed[30] = 1;
    await expectError(compressed, "IMAGE_INVALID", "compression 1");
    const huge = bmp.slice();
    new DataView(huge.buffer).setInt32(18, 60_000, true);
    new DataView(huge.buffer).setInt32(22, 60_000, true);
    await expectError(huge, "IMAGE_TOO_LARGE", "60000 x 60000");
  });

  it("refuses HEIC by name", async () => {
    const heic = new TextEncoder().encode("\0\0\0\x18ftypheic\0\0\0\0mif1heic");
    await expectError(heic, "IMAGE_INVALID", "a HEIC picture");
  });
});

async function expectError(
  source: ImageSource,
  code: ErrorCode,
  part: string,
  options?: DecodeOptions,
  otherPart = part,
): Promise<void> {
  const error = await decodeError(source, options);
  expect(error.code).toBe(code);
  expect(error.message).toContain(part);
  expect(error.message).toContain(otherPart);
}

async function decodeError(source: ImageSource, options?: DecodeOptions): Promise<{ code: string; message: string }> {
  return nodeMedia.decodeImage(source, options).then(
    () => {
      throw new Error("An error was expected");
    },
    (error) => error,
  );
}

/** A server on this machine for the length of the test; its address. */
async function serve(answer: (response: import("node:http").ServerResponse) => void): Promise<string> {
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
