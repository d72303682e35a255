import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { refuse, sha256 } from "./bytes.js";
import type { FakeHub, FakeRepo, LoggedRequest } from "./fake-hub.js";

/** Who a token belongs to, and whether it may write. */
const TOKENS: Record<string, { name: string; write: boolean }> = {
  hf_write: { name: "me", write: true },
  hf_read: { name: "me", write: false },
};

/** Accounts of others, to whose names nobody here may write. */
const OTHERS = ["OpenGVLab", "somebody"];

interface Incoming {
  method: string;
  url: string;
  token: string | undefined;
  body: Buffer;
}

/** The part of the fake Hub that takes files: repositories, LFS storage in parts, commits. */
export class FakeUploads {
  /** What the storage has, by SHA-256. */
  readonly stored = new Map<string, Buffer>();
  /** Bodies of commits, line by line. */
  readonly commits: Record<string, unknown>[][] = [];
  /** Files from this size on come in parts of this size; undefined: never. */
  partSize: number | undefined;
  /** Whether the storage wants each file to be confirmed. */
  verify = false;
  /** What `.gitattributes` says. */
  isLfs: (path: string) => boolean = (path) => /\.(onnx|onnx_data|safetensors)$/.test(path);
  readonly #hub: FakeHub;
  readonly #parts = new Map<string, Map<number, Buffer>>();

  constructor(hub: FakeHub) {
    this.#hub = hub;
  }

  /** Whether the request was one of an upload; it is answered then. */
  async answer(
    { server, method, url, authorization }: LoggedRequest,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<boolean> {
    if (method !== "POST" && method !== "PUT" && url !== "/api/whoami-v2") return false;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // The client went away.
      return true;
    }
    const token = authorization?.replace("Bearer ", "");
    const incoming = { method, url, token, body: Buffer.concat(chunks) };
    if (server === "cdn") this.#store(incoming, response);
    else this.#api(incoming, response);
    return true;
  }

  #store({ url, body }: Incoming, response: ServerResponse): void {
    const [, kind, hash = "", number] = /^\/(whole|part)\/([0-9a-f]{64})(?:\/(\d+))?$/.exec(url) ?? [];
    if (kind === "whole" && sha256(body) === hash) this.stored.set(hash, body);
    else if (kind === "part") this.#parts.set(hash, (this.#parts.get(hash) ?? new Map()).set(Number(number), body));
    else return void refuse(response, 400);
    response.setHeader("ETag", `"${sha256(body).slice(0, 32)}"`);
    response.end();
  }

  #api(incoming: Incoming, response: ServerResponse): void {
    const { url } = incoming;
    if (url.startsWith("/api/complete/")) return void this.#complete(incoming, response);
    const account = TOKENS[incoming.token ?? ""];
    if (account === undefined) {
      return void refuse(response, 401, undefined, "Invalid credentials in Authorization header");
    }
    if (url === "/api/whoami-v2") return void json(response, account);
    if (!account.write) return void refuse(response, 403, undefined, "The token has no write access");
    if (url === "/api/repos/create") return void this.#create(incoming, response);
    if (url.startsWith("/api/verify/")) return void json(response, {}, this.stored.has(url.slice(12)) ? 200 : 404);
    const [, id = ""] =
      /^\/api\/models\/([^/]+\/[^/]+)\/(?:preupload|commit)\//.exec(url) ?? /^\/([^/]+\/[^/]+)\.git\//.exec(url) ?? [];
    const repo = this.#hub.repos.get(id);
    if (repo === undefined) return void refuse(response, 404, "RepoNotFound");
    if (OTHERS.includes(id.split("/")[0]!)) return void refuse(response, 403, undefined, "You may not write here");
    if (url.includes("/preupload/")) return void this.#preupload(incoming, response);
    if (url.endsWith("/info/lfs/objects/batch")) return void this.#batch(incoming, response);
    this.#commit(incoming, repo, response);
  }

  #create({ body }: Incoming, response: ServerResponse): void {
    const { name, organization, private: isPrivate = false } = JSON.parse(body.toString());
    const id = `${organization}/${name}`;
    if (OTHERS.includes(organization)) return void refuse(response, 403, undefined, "You may not create here");
    if (this.#hub.repos.has(id)) return void json(response, { error: "You already created this model repo" }, 409);
    const head = createHash("sha1").update(id).digest("hex");
    this.#hub.repos.set(id, { files: new Map(), head, revisions: { main: head }, private: isPrivate });
    json(response, { url: `${this.#hub.endpoint}/${id}` });
  }

  #preupload({ body }: Incoming, response: ServerResponse): void {
    const { files } = JSON.parse(body.toString()) as { files: { path: string; sample: string; size: number }[] };
    json(response, {
      files: files.map(({ path }) => ({
        path,
        uploadMode: this.isLfs(path) ? "lfs" : "regular",
        shouldIgnore: path.endsWith(".ignored"),
      })),
    });
  }

  #batch({ body }: Incoming, response: ServerResponse): void {
    const { objects } = JSON.parse(body.toString()) as { objects: { oid: string; size: number }[] };
    json(response, { transfer: "basic", objects: objects.map((object) => ({ ...object, ...this.#actions(object) })) });
  }

  #actions({ oid, size }: { oid: string; size: number }): object {
    if (this.stored.has(oid)) return {};
    const { endpoint, cdn } = this.#hub;
    const verify = this.verify ? { verify: { href: `${endpoint}/api/verify/${oid}` } } : {};
    if (this.partSize === undefined || size < this.partSize) {
      return { actions: { upload: { href: `${cdn}/whole/${oid}` }, ...verify } };
    }
    const count = Math.ceil(size / this.partSize);
    const urls = Array.from({ length: count }, (_, i) => [
      String(i + 1).padStart(5, "0"),
      `${cdn}/part/${oid}/${i + 1}`,
    ]);
    const header = { chunk_size: String(this.partSize), ...Object.fromEntries(urls) };
    return { actions: { upload: { href: `${endpoint}/api/complete/${oid}`, header }, ...verify } };
  }

  #complete({ url, body }: Incoming, response: ServerResponse): void {
    const hash = url.slice("/api/complete/".length);
    const { oid, parts } = JSON.parse(body.toString()) as {
      oid: string;
      parts: { partNumber: number; etag: string }[];
    };
    const got = this.#parts.get(hash) ?? new Map<number, Buffer>();
    const fits = parts.every(({ partNumber, etag }) => {
      const part = got.get(partNumber);
      return part !== undefined && etag === `"${sha256(part).slice(0, 32)}"`;
    });
    const whole = Buffer.concat(parts.map(({ partNumber }) => got.get(partNumber) ?? Buffer.alloc(0)));
    if (!fits || oid !== hash || sha256(whole) !== hash)
      return void refuse(response, 400, undefined, "Parts do not fit");
    this.stored.set(hash, whole);
    json(response, {});
  }

  #commit({ body }: Incoming, repo: FakeRepo, response: ServerResponse): void {
    const lines = body
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    if (lines[0].value.parentCommit !== repo.head)
      return void refuse(response, 412, undefined, "A commit has happened since");
    this.commits.push(lines);
    for (const { key, value } of lines.slice(1)) {
      if (key === "file") repo.files.set(value.path, { bytes: Buffer.from(value.content, value.encoding) });
      else {
        const bytes = this.stored.get(value.oid);
        if (bytes?.length !== value.size)
          return void refuse(response, 400, undefined, "This object is not in the storage");
        repo.files.set(value.path, { bytes: bytes!, lfs: true });
      }
    }
    repo.head = createHash("sha1").update(`commit ${this.commits.length}`).digest("hex");
    repo.revisions["main"] = repo.head;
    repo.revisions[repo.head] = repo.head;
    json(response, { commitOid: repo.head, commitUrl: `${this.#hub.endpoint}/commit/${repo.head}` });
  }
}

function json(response: ServerResponse, value: object, status = 200): void {
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.writeHead(status).end(JSON.stringify(value));
}
