import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DirectoryFiles } from "@internvl/runtime-node";
import sirv from "sirv";

/** Threads need shared memory, which a page has only when it is cross-origin isolated. */
const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** A web server of this machine. */
export interface LocalServer {
  origin: string;
  close(): Promise<void>;
}

/**
 * Serves a page, and folders below addresses of their own, each with the `files.json` that pages look for.
 *
 * @param folders directories by address
 */
export async function serve(page: string, folders: Readonly<Record<string, string>>): Promise<LocalServer> {
  const handlers = Object.entries(folders).map(([address, directory]) => [address, serveFolder(directory)] as const);
  const servePage = sirv(page, { dev: true });
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(ISOLATED)) response.setHeader(name, value);
    const [address, handler] = handlers.find(([start]) => request.url?.startsWith(`${start}/`)) ?? [];
    if (address === undefined || handler === undefined) return servePage(request, response);
    request.url = request.url!.slice(address.length);
    return handler(request, response);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "localhost", resolve));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () => closeServer(server),
  };
}

function serveFolder(directory: string): RequestListener {
  const serveFile = sirv(directory, { dev: true, dotfiles: true });
  return (request, response) => {
    if (request.url !== "/files.json") return serveFile(request, response);
    new DirectoryFiles(directory).list().then(
      (paths) => response.setHeader("Content-Type", "application/json").end(JSON.stringify(paths)),
      (error) => response.writeHead(500).end(String(error)),
    );
  };
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // The browser keeps its connections.
  server.closeAllConnections();
  await closed;
}
