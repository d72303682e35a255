import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { gitSha1, refuse, sha256 } from "./bytes.js";
import { FakeUploads } from "./fake-uploads.js";

export { noise, refuse, sha256 } from "./bytes.js";

export const ID = "OpenGVLab/InternVL2_5-1B";
export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

export interface FakeFile {
  bytes: Buffer;
  /** In LFS: redirected to the CDN, named by its SHA-256. */
  lfs?: boolean;
}

export interface FakeRepo {
  files: Map<string, FakeFile>;
  /** The commit that `main` is. */
  head: string;
  /** Branches, tags and commits, to commits. */
  revisions: Record<string, string>;
  private: boolean;
}

export interface LoggedRequest {
  server: "hub" | "cdn";
  method: string;
  url: string;
  authorization: string | undefined;
  range: string | undefined;
}

/** May answer in the server's place. */
export type Fault = (request: LoggedRequest, response: ServerResponse) => void;

/** A server that plays the Hub, another (another port) that plays its CDN, and a log of what they were asked. */
export class FakeHub {
  /** By id. The one that the tests of downloads are about is `ID`. */
  readonly repos = new Map<string, FakeRepo>();
  readonly uploads: FakeUploads = new FakeUploads(this);
  readonly log: LoggedRequest[] = [];
  /** Asked before each answer. */
  fault: Fault = () => {};
  /** Milliseconds between two pieces of 64 KiB of a body. */
  pause = 0;
  /** Whether the CDN understands ranges. */
  ranges = true;
  endpoint = "";
  cdn = "";
  readonly #servers: Server[] = [];

  private constructor(files: Record<string, FakeFile>) {
    const revisions = { main: COMMIT, "v1.0": COMMIT, [COMMIT]: COMMIT };
    this.repos.set(ID, { files: new Map(Object.entries(files)), head: COMMIT, revisions, private: false });
  }

  static async start(files: Record<string, FakeFile>): Promise<FakeHub> {
    const hub = new FakeHub(files);
    hub.endpoint = await hub.#listen("hub");
    hub.cdn = await hub.#listen("cdn");
    onTestFinished(() => hub.stop());
    return hub;
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  get files(): Map<string, FakeFile> {
    return this.repos.get(ID)!.files;
  }

  /** How often bodies of LFS files were asked for. */
  get bodies(): LoggedRequest[] {
    return this.log.filter(({ server, method }) => server === "cdn" && method === "GET");
  }

  listing(id: string = ID): { id: string; sha: string; siblings: Record<string, unknown>[] } {
    const { files, head } = this.repos.get(id)!;
    const siblings = [...files].map(([rfilename, { bytes, lfs }]) => ({
      rfilename,
      size: bytes.length,
      blobId: lfs ? gitSha1(Buffer.from(`pointer to ${sha256(bytes)}`)) : gitSha1(bytes),
      ...(lfs ? { lfs: { sha256: sha256(bytes), size: bytes.length, pointerSize: 130 } } : {}),
    }));
    return { id, sha: head, siblings };
  }

  async #listen(role: "hub" | "cdn"): Promise<string> {
    const server = createServer((request, response) => void this.#answer(role, request, response));
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async #answer(server: "hub" | "cdn", request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    const logged = { server, method, url, authorization: headers.authorization, range: headers.range };
    this.log.push(logged);
    this.fault(logged, response);
    if (response.headersSent || response.destroyed) return;
    if (await this.uploads.answer(logged, request, response)) return;
    if (server === "cdn") return this.#sendBytes(logged, response, this.#bySha(url.slice(1)));

    const [, asked = "", revision = ""] = /^\/api\/models\/(.+)\/revision\/([^?]+)/.exec(url) ?? [];
    if (asked !== "") {
      const repo = this.repos.get(asked);
      if (repo === undefined) return refuse(response, 404, "RepoNotFound", "Repository not found");
      if (repo.revisions[decodeURIComponent(revision)] === undefined) return refuse(response, 404, "RevisionNotFound");
      response.end(JSON.stringify(this.listing(asked)));
      return;
    }
    const [, id = "", commit = "", path = ""] = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url) ?? [];
    const repo = this.repos.get(id);
    const file = repo?.files.get(decodeURIComponent(path));
    response.setHeader("X-Repo-Commit", repo?.revisions[commit] ?? "");
    if (file === undefined) return refuse(response, 404, "EntryNotFound", "Entry not found");
    if (!file.lfs) {
      response.setHeader("ETag", `"${gitSha1(file.bytes)}"`);
      return this.#sendBytes(logged, response, file.bytes);
    }
    response.setHeader("X-Linked-Etag", `"${sha256(file.bytes)}"`);
    response.setHeader("X-Linked-Size", file.bytes.length);
    response.setHeader("Location", `${this.cdn}/${sha256(file.bytes)}`);
    response.writeHead(302).end();
  }

  async #sendBytes(request: LoggedRequest, response: ServerResponse, bytes: Buffer): Promise<void> {
    const [, from, to] = (this.ranges && /^bytes=(\d+)-(\d+)$/.exec(request.range ?? "")) || [];
    const body = from === undefined ? bytes : bytes.subarray(Number(from), Number(to) + 1);
    if (from !== undefined) response.setHeader("Content-Range", `bytes ${from}-${to}/${bytes.length}`);
    response.setHeader("Content-Length", body.length);
    response.writeHead(from === undefined ? 200 : 206);
    if (request.method === "HEAD") return void response.end();
    for (let start = 0; start < body.length && !response.destroyed; start += 65536) {
      response.write(body.subarray(start, start + 65536));
      if (this.pause > 0) await sleep(this.pause);
    }
    response.end();
  }

  #bySha(hash: string): Buffer {
    const files = [...this.repos.values()].flatMap((repo) => [...repo.files.values()]);
    return files.find(({ bytes }) => sha256(bytes) === hash)?.bytes ?? Buffer.alloc(0);
  }
}
