import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { copyRuntimeFiles, RUNTIME_FILES } from "@internvl/runtime-web/runtime-files";
import { type LocalServer, launchChromium, serve } from "@internvl-tooling/browser";
import type { Browser } from "playwright";
import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { identityGraph } from "./identity-graph.js";

describe("a page whose bundler leaves onnxruntime's files to others", () => {
  let site: string;
  let server: LocalServer;
  let browser: Browser;
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
    // A folder and nothing else, as any web server serves it.
    server = await serve(site, { headers: {} });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(site, { recursive: true, force: true });
  });

  it.each([
    ["wasm", RUNTIME_FILES.slice(0, 2)],
    ["webgpu", RUNTIME_FILES.slice(2)],
  ])("runs on %s with the copies, and asks for no others", async (device, files) => {
    const page = await browser.newPage();
    const asked: URL[] = [];
    page.on("request", (request) => asked.push(new URL(request.url())));
    await page.goto(server.origin);
    await page.waitForFunction("globalThis.identity !== undefined");
    const numbers = await page.evaluate(`identity(${await identityGraph()}, "${device}", "/onnxruntime/")`);
    expect(numbers).toEqual([1, 2, 3]);
    const fetched = asked.map(({ pathname }) => pathname).filter((path) => path.startsWith("/onnxruntime/"));
    expect([...new Set(fetched)].sort()).toEqual(files.map((name) => `/onnxruntime/${name}`).sort());
    expect([...new Set(asked.map(({ origin }) => origin))]).toEqual([server.origin]);
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
