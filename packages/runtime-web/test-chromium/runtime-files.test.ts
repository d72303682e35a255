import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { GraphBuilder, serializeModel } from "@internvl/onnx";
import { copyRuntimeFiles, RUNTIME_FILES } from "@internvl/runtime-web/runtime-files";
import { type Browser, chromium } from "playwright";
import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM_FLAGS, findChromium } from "../../../tooling/scripts/chromium.mjs";
import { SOFTWARE_WEBGPU } from "../../../tooling/scripts/software-webgpu.mjs";

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** A folder and nothing else, as any web server serves it. */
function serve(folder: string, asked: string[]): Server {
  return createServer(async (request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    asked.push(path);
    const type = TYPES[extname(path)];
    const bytes = await readFile(join(folder, path)).catch(() => undefined);
    response.writeHead(bytes === undefined ? 404 : 200, type === undefined ? {} : { "content-type": type });
    response.end(bytes);
  });
}

describe("a page whose bundler leaves onnxruntime's files to others", () => {
  let site: string;
  let server: Server;
  let browser: Browser;
  let origin: string;
  const asked: string[] = [];
  beforeAll(async () => {
    site = await mkdtemp(join(tmpdir(), "plain-page-"));
    await build({
      entry: { page: fileURLToPath(new URL("./plain-page.ts", import.meta.url)) },
      format: "esm",
      platform: "browser",
      outDir: site,
      noExternal: [/./],
      config: false,
      silent: true,
    });
    await writeFile(join(site, "index.html"), '<!doctype html><script type="module" src="/page.js"></script>');
    await copyRuntimeFiles(join(site, "onnxruntime"));
    server = serve(site, asked).listen(0);
    origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({
      executablePath: findChromium(),
      args: [...CHROMIUM_FLAGS, ...SOFTWARE_WEBGPU],
    });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    await rm(site, { recursive: true, force: true });
  });

  it.each([
    ["wasm", RUNTIME_FILES.slice(0, 2)],
    ["webgpu", RUNTIME_FILES.slice(2)],
  ])("runs on %s with the copies, and asks for no others", async (device, files) => {
    const g = new GraphBuilder({ name: "identity" });
    g.output("y", g.mul(g.input("x", "float32", ["n"]), 1));
    const graph = [...(await serializeModel(g))];
    const page = await browser.newPage();
    const hosts = new Set<string>();
    page.on("request", (request) => hosts.add(new URL(request.url()).origin));
    asked.length = 0;
    await page.goto(`${origin}/index.html`);
    await page.waitForFunction("globalThis.identity !== undefined");
    const numbers = await page.evaluate(`identity(${JSON.stringify(graph)}, ${JSON.stringify(device)})`);
    expect(numbers).toEqual([1, 2, 3]);
    const fetched = asked.filter((path) => path.startsWith("/onnxruntime/"));
    expect([...new Set(fetched)].sort()).toEqual(files.map((name) => `/onnxruntime/${name}`).sort());
    expect([...hosts]).toEqual([origin]);
    await page.close();
  });
});

it("internvl-web-files copies them, and says how it is called", async () => {
  const run = promisify(execFile);
  const command = fileURLToPath(new URL("../dist/bin/web-files.js", import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), "web-files-"));
  try {
    const { stdout } = await run(process.execPath, [command, join(folder, "made")]);
    expect((await readdir(join(folder, "made"))).sort()).toEqual([...RUNTIME_FILES].sort());
    expect(stdout.trim().split("\n")).toHaveLength(RUNTIME_FILES.length);
    await expect(run(process.execPath, [command])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Usage"),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
