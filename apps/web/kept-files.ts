import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import type { Plugin } from "vite";

const PLACEHOLDER = "__FILES__";

/** Tells the service worker which files the page consists of, and gives this version of them a name. */
export function keptFiles(): Plugin {
  let publicDir = "";
  return {
    name: "kept-files",
    configResolved(config) {
      publicDir = config.publicDir;
    },
    generateBundle: {
      // After the page, whose HTML is an asset of the build's last step.
      order: "post",
      handler(_options, bundle) {
        const worker = bundle["service-worker.js"];
        if (worker?.type !== "chunk") throw new Error("There is no service worker in the build.");
        const built = Object.entries(bundle).filter(([name]) => name !== "service-worker.js" && !name.endsWith(".map"));
        const files = new Map<string, string | Uint8Array>();
        for (const [name, output] of built) files.set(name, output.type === "chunk" ? output.code : output.source);
        for (const path of filesBelow(publicDir)) files.set(relative(publicDir, path), readFileSync(path));
        const hash = createHash("sha256");
        for (const name of [...files.keys()].sort()) hash.update(name).update(files.get(name)!);
        // The folder itself is the page.
        const paths = ["./", ...[...files.keys()].filter((name) => name !== "index.html").sort()];
        const version = hash.digest("hex").slice(0, 16);
        worker.code = worker.code.replaceAll(PLACEHOLDER, JSON.stringify({ version, paths }));
      },
    },
  };
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
