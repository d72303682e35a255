import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DirectoryFiles } from "@internvl/runtime-node";
import sirv from "sirv";
import { ISOLATION_HEADERS } from "../../scripts/chromium.mjs";

/** A web server of this machine. */
export interface LocalServer {
  origin: string;
  close(): Promise<void>;
}

export interface ServeOptions {
  /** Directories by address, each with the `files.json` that pages look for. */
  folders?: Readonly<Record<string, string>>;
  /** Headers of every answer. Default: those that give a page threads. */
  headers?: Readonly<Record<string, string>>;
}

/**
 * Serves folders as they are now.
 *
 * @param page a directory with a page in it, at the address `/`; undefined: nothing is there
 */
export async function serve(
  page: string | undefined,
  { folders = {}, headers = ISOLATION_HEADERS }: ServeOptions = {},
): Promise<LocalServer> {
  const handlers = Object.entries(folders).map(([address, directory]) => [address, serveFolder(directory)] as const);
  const servePage: RequestListener = page === undefined ? (_, response) => response.writeHead(404).end() : sirv(page);
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
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
  const serveFile = sirv(directory, { dotfiles: true });
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
