import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openPage, serve } from "@internvl-tooling/browser";
import { build } from "tsup";
import { expect, it } from "vitest";
import webpack from "webpack";
import { identityGraph } from "./identity-graph.js";

it("webpack puts onnxruntime's files beside the script by itself", async () => {
  const site = await mkdtemp(join(tmpdir(), "webpack-page-"));
  try {
    await bundle(site);
    await writeFile(join(site, "index.html"), '<!doctype html><script defer src="/page.js"></script>');
    const server = await serve(site, { headers: {} });
    const graph = await identityGraph();
    try {
      for (const device of ["wasm", "webgpu"]) {
        const { numbers, hosts } = await openPage(server.origin, async (page) => {
          const hosts = new Set<string>();
          page.on("request", (request) => hosts.add(new URL(request.url()).origin));
          await page.waitForFunction("globalThis.identity !== undefined");
          return { numbers: await page.evaluate(`identity(${graph}, "${device}")`), hosts: [...hosts] };
        });
        expect(numbers).toEqual([1, 2, 3]);
        for (const host of hosts) expect(host).toBe(server.origin);
      }
    } finally {
      await server.close();
    }
  } finally {
    await rm(site, { recursive: true, force: true });
  }
}, 180_000);

/** The page's TypeScript by tsup, and everything that it imports by webpack. */
async function bundle(site: string): Promise<void> {
  await build({
    entry: { source: fileURLToPath(new URL("./plain-page.ts", import.meta.url)) },
    format: "esm",
    platform: "browser",
    outDir: site,
    bundle: false,
    config: false,
    silent: true,
  });
  const compiler = webpack({
    mode: "production",
    entry: join(site, "source.js"),
    output: { path: site, filename: "page.js" },
    resolve: {
      modules: ["node_modules", fileURLToPath(new URL("../node_modules", import.meta.url))],
      alias: { "@internvl/runtime-web": fileURLToPath(new URL("../dist/index.js", import.meta.url)) },
    },
  });
  await new Promise<void>((resolve, reject) =>
    compiler.run((error, stats) => {
      if (error) reject(error);
      else if (stats?.hasErrors()) reject(new Error(stats.toString()));
      else compiler.close(() => resolve());
    }),
  );
}
