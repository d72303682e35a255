import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { root, type Server } from "./open-page.js";

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
};

/** As strict as the README says that it may be. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "connect-src 'self' blob:",
  "img-src 'self' blob:",
  "media-src blob:",
  "manifest-src 'self'",
].join("; ");

/** The built page as a plain host serves it, below a folder, with a strict policy and without the headers of isolation. */
export async function staticServer(): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    const path = normalize(decodeURIComponent(pathname.replace(/^\/site\//, ""))) || "index.html";
    try {
      const bytes = await readFile(join(root, "dist", path === "." ? "index.html" : path));
      const type = TYPES[extname(path === "." ? "index.html" : path)] ?? "application/octet-stream";
      response.writeHead(200, {
        "content-type": type,
        "content-length": bytes.length,
        "content-security-policy": POLICY,
      });
      response.end(request.method === "HEAD" ? undefined : bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/site/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
