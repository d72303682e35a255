// Adds the headers of isolation where the server does not send them, and keeps what the page needs without a network.
import { isolated } from "./isolated-response.js";
import { keptResponse } from "./kept-response.js";

/** What the build writes here: the files of the page, and a name that changes with any of them. */
declare const __FILES__: { version: string; paths: string[] };

/** As much of the global scope as is used: TypeScript's library of it excludes the page's. */
interface Scope {
  location: Location;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(): Promise<{ postMessage(message: unknown): void }[]> };
  addEventListener(type: "install" | "activate", listener: (event: LastingEvent) => void): void;
  addEventListener(type: "message", listener: (event: LastingEvent & { data: unknown }) => void): void;
  addEventListener(
    type: "fetch",
    listener: (event: { request: Request; respondWith(response: Promise<Response>): void }) => void,
  ): void;
}

interface LastingEvent {
  waitUntil(work: Promise<unknown>): void;
}

const scope = globalThis as unknown as Scope;
const { version, paths } = __FILES__;
const PREFIX = "internvl-page-";
const CACHE = PREFIX + version;
const folder = new URL("./", scope.location.href).href;

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(keepFiles());
});
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const isOwn = request.url.startsWith(folder) && (request.method === "GET" || request.method === "HEAD");
  if (isOwn) event.respondWith(answer(request));
});

/** A page comes from the network where there is one, so that a new version is seen; its files from what is kept. */
async function answer(request: Request): Promise<Response> {
  const isPage = request.mode === "navigate";
  const kept = await findKept(isPage ? folder : request.url);
  if (kept !== undefined && !isPage) return isolated(await keptResponse(request, kept));
  try {
    return isolated(await fetch(request));
  } catch (error) {
    if (kept !== undefined) return isolated(kept);
    throw error;
  }
}

/** Of this version, else of an older one: offline, that is better than nothing. */
async function findKept(url: string): Promise<Response | undefined> {
  const options = { ignoreSearch: true, ignoreVary: true };
  const own = await (await caches.open(CACHE)).match(url, options);
  return own ?? (navigator.onLine ? undefined : caches.match(url, options));
}

/** Fetches what is not kept yet, and drops older versions once all of this one is there. */
async function keepFiles(): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const path of paths) {
    const url = new URL(path, folder).href;
    if ((await cache.match(url)) !== undefined) continue;
    // Names in assets/ change with the content, so what the browser has of them is right.
    const response = await fetch(url, { cache: path.startsWith("assets/") ? "default" : "no-cache" });
    if (!response.ok) throw new Error(`${url} could not be kept (status ${response.status}).`);
    await cache.put(url, response);
  }
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
  for (const client of await scope.clients.matchAll()) client.postMessage("kept");
}
